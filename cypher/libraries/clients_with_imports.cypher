// The files that need a library of some name and have one of some sets of imported symbols, without
// those of one spec, by spec and path; at most `most` are looked at.
// parameters: name, sets, site, without, most
// columns: symbol_set, spec, path
// used by: service/queries/abi_diff.py
UNWIND $p.sets AS set
MATCH (x:SymbolSet {uid: set})<-[:IMPORTS]-(l:Library)<-[r:INSTALLS]-(p:Prefix)
WHERE EXISTS { (l)-[:NEEDS]->(:Soname {name: $p.name}) }
  AND ($p.site IS NULL OR EXISTS { (p)-[:AT]->(:Site {name: $p.site}) })
MATCH (s:Spec)-[:INSTALLED_IN]->(p)
WHERE s.uid <> $p.without
WITH DISTINCT s, r.path AS path, x.uid AS symbol_set LIMIT $p.most
RETURN symbol_set, s {.uid, .hash, .name, .version} AS spec, path
ORDER BY s.name, s.version_key, s.uid, path
