// Give roots their places in a segment that does not count yet, and return the packages that they have
// on their sides by package and version, the former places that count, and the specs on their sides
// that have no version. The first SET takes the lock under which a root is read: a change of its closure
// is seen as a whole, or comes later and unseals it.
// parameters: rows, segment, segments
// columns: found
// used by: loaders/postings/sealing.py
UNWIND $p.rows AS row
MATCH (r:Spec {uid: row.uid})
SET r.hash = r.hash
WITH r, row
WHERE r:Root
WITH r, row, [place IN split(coalesce(r.places, ''), ' ') WHERE toInteger(split(place, ':')[0]) IN $p.segments] AS former
SET r.places = reduce(all = $p.segment + ':' + row.number, place IN former | all + ' ' + place)
SET r.sealing = $p.segment
WITH collect({root: r, number: row.number, former: former}) AS placed
CALL (placed) {
  UNWIND placed AS each
  WITH each.root AS r, each.number AS number
  MATCH (r)-[:BUILT_WITH]->(x)
  WHERE x.name IS NOT NULL AND x.version_key IS NOT NULL
  WITH x.name AS name, x.version_key AS version_key, collect(DISTINCT number) AS numbers
  RETURN collect([name, version_key, numbers]) AS built_with
}
CALL (placed) {
  UNWIND placed AS each
  WITH each.root AS r, each.number AS number
  MATCH (r)-[:DEPLOYED_WITH]->(x)
  WHERE x.name IS NOT NULL AND x.version_key IS NOT NULL
  WITH x.name AS name, x.version_key AS version_key, collect(DISTINCT number) AS numbers
  RETURN collect([name, version_key, numbers]) AS deployed_with
}
CALL (placed) {
  UNWIND placed AS each
  WITH each.root AS r
  MATCH (r)-[:BUILT_WITH|DEPLOYED_WITH]->(x)
  WHERE x.version_key IS NULL
  WITH DISTINCT x.uid AS uid ORDER BY uid
  RETURN collect(uid) AS stubs
}
RETURN {
  placed: [each IN placed | [each.root.uid, each.number, each.former]],
  built_with: built_with, deployed_with: deployed_with, stubs: stubs
} AS found
