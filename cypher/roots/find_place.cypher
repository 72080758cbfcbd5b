// A site with the number of edges that lead to it, and the lockfiles of an environment, by name or by
// the start of its digest, with the number of their roots; at the site if one is given.
// parameters: site, environment, digest
// columns: edges, lockfiles
// used by: service/queries/places.py
OPTIONAL MATCH (t:Site {name: $p.site})
WITH t, COUNT { (t)<-[:AT]-() } AS edges
CALL (t) {
  MATCH (l:Lockfile)
  WHERE l.name = $p.environment OR l.digest STARTS WITH $p.digest
  WITH l, t
  WHERE $p.site IS NULL OR EXISTS { (l)-[:AT]->(t) }
  RETURN collect({uid: l.uid, roots: COUNT { (l)-[:LOCKS]->() }}) AS lockfiles
}
RETURN edges, lockfiles
