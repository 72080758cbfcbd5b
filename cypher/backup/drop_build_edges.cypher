// Delete the relationships of some types that attempts have, and with them their phases.
// parameters: rows
// columns: dropped
// used by: loaders/backup/restore.py
UNWIND $p.rows AS row
MATCH (b:Build {uid: row.uid})
CALL (b, row) {
  MATCH (b)-[:RAN]->(p:Phase)
  WHERE 'RAN' IN row.types
  DETACH DELETE p
}
CALL (b, row) {
  MATCH (b)-[old]->()
  WHERE type(old) IN row.types
  DELETE old
}
RETURN count(*) AS dropped
