// The page of the files whose set of symbols `x` of a library `l` has one of some words, by spec, place
// and path. At most `most` of them are looked at.
MATCH (l)<-[r:INSTALLS]-(p:Prefix)
WHERE $p.site IS NULL OR EXISTS { (p)-[:AT]->(:Site {name: $p.site}) }
MATCH (s:Spec)-[:INSTALLED_IN]->(p)
WITH x, s, r, l, p, coalesce(s.name, '') + ' ' + coalesce(s.version_key, '') + ' ' + s.uid + ' '
  + p.uid + ' ' + r.path AS sort_key
LIMIT $p.most
WITH {key: sort_key, set: x, spec: s, file: r, library: l, prefix: p} AS found
ORDER BY found.key
WITH collect(found) AS ordered
RETURN size(ordered) AS total, COLLECT {
  UNWIND [each IN ordered WHERE each.key > $p.after][..$p.limit] AS each
  WITH each.key AS sort_key, each.set AS x, each.spec AS s, each.file AS r, each.library AS l,
    each.prefix AS p
  RETURN {
    sort_key: sort_key, spec_uid: s.uid, hash: s.hash, name: s.name, version: s.version,
    path: r.path, prefix: p.path, kind: p.kind, mirror: p.mirror,
    site: head([(p)-[:AT]->(t) | t.name]), library: l.uid, soname: l.soname, symbol_set: x.uid
  } ORDER BY sort_key
} AS items
