// How many contents the hash of the root `r` has, if it does not determine its content.
contents: CASE WHEN r.uid <> r.hash THEN COUNT {
  MATCH (o:Spec {hash: r.hash}) WHERE o.standing IS NOT NULL
} END
