// Keep a locked environment and tie it to its roots.
// parameters: uid, properties, roots, site, load
// columns: created
MERGE (t:Site {name: $site})
MERGE (l:Lockfile {uid: $uid})
  ON CREATE SET l += $properties, l.load = $load
MERGE (l)-[:AT]->(t)
WITH l
CALL (l) {
  UNWIND $roots AS root
  MATCH (s:Spec {hash: root.hash})
  MERGE (l)-[k:LOCKS {abstract: root.abstract}]->(s)
  RETURN count(k) AS locked
}
RETURN l.load = $load AS created
