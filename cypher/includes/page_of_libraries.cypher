// The page of the files `r` from prefixes `p` to libraries `l`, by spec, place and path, and the number
// of them. Only the first `most` are read, so that a name that everything has costs no more than others.
MATCH (s:Spec)-[:INSTALLED_IN]->(p)
WITH s, r, l, p, coalesce(s.name, '') + ' ' + coalesce(s.version_key, '') + ' ' + s.uid + ' ' + p.uid
  + ' ' + r.path AS sort_key
LIMIT $p.most
WITH {key: sort_key, spec: s, file: r, library: l, prefix: p} AS found
ORDER BY found.key
WITH collect(found) AS ordered
RETURN size(ordered) AS total, COLLECT {
  UNWIND [each IN ordered WHERE each.key > $p.after][..$p.limit] AS each
  WITH each.key AS sort_key, each.spec AS s, each.file AS r, each.library AS l, each.prefix AS p
  RETURN {
    sort_key: sort_key, spec_uid: s.uid, hash: s.hash, name: s.name, version: s.version,
    path: r.path, prefix: p.path, kind: p.kind, mirror: p.mirror,
    site: head([(p)-[:AT]->(t) | t.name]), library: l.uid, build_id: l.build_id, soname: l.soname,
    facts: l.facts, exports: coalesce(head([(l)-[:EXPORTS]->(x) | x.count]), 0),
    imports: coalesce(head([(l)-[:IMPORTS]->(x) | x.count]), 0)
  } ORDER BY sort_key
} AS items
