// A page of all installations, newest first: those that are there now, or were at a time, or all
// that
// ever were.
// parameters: site, explicit, at, gone, before, limit
// columns: items
MATCH (i:Installation)
WHERE i.sort_key < $p.before
WITH i ORDER BY i.sort_key DESC
MATCH (i)-[:IN]->(x:Store)-[:AT]->(t:Site)
WHERE ($p.site IS NULL OR t.name = $p.site)
  AND ($p.explicit IS NULL OR i.explicit = $p.explicit)
  AND CASE WHEN $p.at IS NULL THEN $p.gone OR (i.installed AND i.last_seen >= x.as_of)
    ELSE coalesce(i.installed_at, i.first_seen) <= $p.at
      AND (i.last_seen >= $p.at OR (i.installed AND i.last_seen >= x.as_of)) END
WITH i, x, t LIMIT $p.limit
RETURN collect(i {
  .uid, .hash, .name, .explicit, .installed, .installed_at, .first_seen, .last_seen, .external,
  .deprecated_for, .prefix_hash, .sort_key,
  version: head([(i)-[:OF]->(s:Spec) | s.version]),
  site: t.name, store: x.name, upstream: x.upstream,
  present: i.installed AND i.last_seen >= x.as_of
}) AS items
