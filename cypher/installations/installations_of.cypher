// A page of the installations of some specs, newest first, and how many there are: those that are
// there now, or were at a time, or all that ever were.
// parameters: hashes, site, explicit, at, gone, before, limit
// columns: total, items
UNWIND $p.hashes AS hash
MATCH (i:Installation {hash: hash})-[:IN]->(x:Store)-[:AT]->(t:Site)
WHERE ($p.site IS NULL OR t.name = $p.site)
  AND ($p.explicit IS NULL OR i.explicit = $p.explicit)
  AND CASE WHEN $p.at IS NULL THEN $p.gone OR (i.installed AND i.last_seen >= x.as_of)
    ELSE coalesce(i.installed_at, i.first_seen) <= $p.at
      AND (i.last_seen >= $p.at OR (i.installed AND i.last_seen >= x.as_of)) END
WITH DISTINCT i, x, t ORDER BY i.sort_key DESC
WITH collect([i, x, t]) AS found
WITH found, [each IN found WHERE each[0].sort_key < $p.before][..$p.limit] AS page
RETURN size(found) AS total,
COLLECT {
  UNWIND page AS each
  WITH each[0] AS i, each[1] AS x, each[2] AS t
  RETURN i {
  .uid, .hash, .name, .explicit, .installed, .installed_at, .first_seen, .last_seen, .external,
  .deprecated_for, .prefix_hash, .sort_key,
  version: head([(i)-[:OF]->(s:Spec) | s.version]),
  site: t.name, store: x.name, upstream: x.upstream,
  present: i.installed AND i.last_seen >= x.as_of
}
} AS items
