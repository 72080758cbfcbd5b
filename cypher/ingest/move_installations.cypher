// Give installations another spec.
// parameters: installations
// columns: moved
// used by: loaders/store/old_hashes.py
UNWIND $p.installations AS row
MATCH (i:Installation {uid: row.uid})
// include: spec_of_row
MATCH (i)-[o:OF]->(:Spec)
WITH i, s, row, collect(o) AS former
FOREACH (o IN former | DELETE o)
SET i.hash = row.hash
CREATE (i)-[:OF]->(s)
RETURN count(*) AS moved
