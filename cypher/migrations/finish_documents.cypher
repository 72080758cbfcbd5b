// Give documents that were stored again the time of their first load.
// parameters: documents
// columns: changed
// used by: loaders/store/migrations.py
UNWIND $p.documents AS row
MATCH (d:Document {digest: row.digest})
SET d.load = row.load
REMOVE d:Outdated
RETURN count(*) AS changed
