// Store a locked environment and connect it to its roots; return whether it is new.
// parameters: uid, properties, roots, site, load
// columns: created
// used by: loaders/store/installations.py
MERGE (t:Site {name: $p.site})
MERGE (l:Lockfile {uid: $p.uid})
  ON CREATE SET l += $p.properties, l.load = $p.load
MERGE (l)-[:AT]->(t)
WITH l
CALL (l) {
  UNWIND $p.roots AS row
  CALL (l, row) {
    MATCH (s:Spec {hash: row.hash})
    USING INDEX SEEK s:Spec(hash)
    RETURN s
    ORDER BY EXISTS { (l)-[:LOCKS]->(s) } DESC,
      // include: content_order
    LIMIT 1
  }
  MERGE (l)-[k:LOCKS {abstract: row.abstract, group: row.group}]->(s)
  RETURN count(k) AS locked
}
RETURN l.load = $p.load AS created
