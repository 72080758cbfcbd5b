// Give attempts another spec and the uids that follow from it. An attempt whose uid is taken was
// stored with that spec already, and is deleted.
// parameters: attempts
// columns: moved
// used by: loaders/store/old_hashes.py
UNWIND $p.attempts AS row
MATCH (b:Build {uid: row.old})
// include: spec_of_row
CALL (b, s, row) {
  WITH b, s, row WHERE NOT EXISTS { MATCH (:Build {uid: row.new}) }
  MATCH (b)-[o:BUILT]->(:Spec)
  WITH b, s, row, collect(o) AS former
  FOREACH (o IN former | DELETE o)
  SET b.uid = row.new, b.hash = row.hash
  CREATE (b)-[:BUILT]->(s)
  FOREACH (p IN [(b)-[:RAN]->(p:Phase) | p] | SET p.uid = row.new + ':' + p.name)
  RETURN count(*) AS renamed
}
CALL (b, row, renamed) {
  WITH b, renamed WHERE renamed = 0
  OPTIONAL MATCH (b)-[:RAN]->(p:Phase)
  DETACH DELETE b, p
}
RETURN sum(renamed) AS moved
