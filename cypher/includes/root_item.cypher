// The entries of a root `r` as an item of an answer. `contents` is how many contents its hash has, if that
// does not determine its content.
.uid, .hash, .name, .version, .version_key, .spliced, .verified,
contents: CASE WHEN r.uid <> r.hash THEN COUNT {
  MATCH (o:Spec {hash: r.hash}) WHERE o.standing IS NOT NULL
} END
