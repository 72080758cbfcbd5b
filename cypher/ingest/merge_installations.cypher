// Write the entries of a store's index, or update them if they are stored already; return how
// many are new: of those that are installed, and of the others.
// parameters: installations, store, as_of
// columns: created
// used by: loaders/store/installations.py
MATCH (x:Store {uid: $p.store})-[:AT]->(t:Site)
UNWIND $p.installations AS row
// include: spec_of_row
MERGE (i:Installation {uid: row.uid})
  ON CREATE SET i += row.properties, i.first_seen = $p.as_of, i.last_told = -1.0
FOREACH (_ IN CASE WHEN EXISTS { (i)-[:OF]->() } THEN [] ELSE [1] END |
  CREATE (i)-[:OF]->(s))
MERGE (i)-[:IN]->(x)
MERGE (i)-[:AT]->(t)
WITH i, row, i.last_told < 0 AS created
FOREACH (_ IN CASE WHEN $p.as_of > i.last_told THEN [1] ELSE [] END |
  SET i += row.properties, i.last_told = $p.as_of)
FOREACH (_ IN CASE
    WHEN row.properties.installed AND $p.as_of > coalesce(i.last_seen, -1.0) THEN [1] ELSE [] END |
  SET i.last_seen = $p.as_of)
FOREACH (_ IN CASE WHEN $p.as_of < i.first_seen THEN [1] ELSE [] END |
  SET i.first_seen = $p.as_of)
RETURN [
  sum(CASE WHEN created AND i.installed THEN 1 ELSE 0 END),
  sum(CASE WHEN created AND NOT i.installed THEN 1 ELSE 0 END)
] AS created
