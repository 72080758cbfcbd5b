// Store the compilers of a site; return how many are new.
// parameters: compilers, site, load
// columns: created
// used by: loaders/store/installations.py
MERGE (t:Site {name: $p.site})
WITH t
UNWIND $p.compilers AS row
MERGE (c:Compiler {uid: row.uid})
  ON CREATE SET c += row.properties, c.load = $p.load
MERGE (c)-[:AT]->(t)
WITH DISTINCT c
RETURN sum(CASE WHEN c.load = $p.load THEN 1 ELSE 0 END) AS created
