// Store the can_splice directives of some recipes at a site, and delete those that these recipes had
// there in an earlier export; return how many are new and how many were deleted.
// parameters: recipes, site, load
// columns: counts
// used by: loaders/store/can_splice.py
MERGE (t:Site {name: $p.site})
WITH t
CALL (t) {
  UNWIND $p.recipes AS recipe
  UNWIND recipe.directives AS row
  MERGE (d:CanSplice {uid: row.uid})
    ON CREATE SET d += row.properties, d.load = $p.load
  MERGE (d)-[:AT]->(t)
  RETURN sum(CASE WHEN d.load = $p.load THEN 1 ELSE 0 END) AS created
}
CALL (t, created) {
  UNWIND $p.recipes AS recipe
  MATCH (d:CanSplice {package: recipe.package})
  WHERE d.namespace = recipe.namespace
    AND NOT d.uid IN [row IN recipe.directives | row.uid]
    AND EXISTS { (d)-[:AT]->(t) }
  DETACH DELETE d
  RETURN count(*) AS withdrawn
}
RETURN {created: created, withdrawn: withdrawn} AS counts
