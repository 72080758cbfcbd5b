// Prepare documents to be stored again: without a standing they count as missing.
// parameters: digests
// columns: changed
// used by: loaders/store/migrations.py
UNWIND $p.digests AS digest
MATCH (d:Document {digest: digest})
SET d.standing = null
RETURN count(*) AS changed
