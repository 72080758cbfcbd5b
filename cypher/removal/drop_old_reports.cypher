// Delete some of the CDash reports that got their last file before some time; return the texts of their
// files. The attempts that were read from them stay.
// parameters: before, site, limit
// columns: dropped
// owns up to: NodeByLabelScan
// used by: loaders/store/removal/retention.py
MATCH (r:Report)
WHERE r.received < $p.before AND ($p.site IS NULL OR r.site = $p.site)
WITH r LIMIT $p.limit
WITH r, [(r)-[:RECEIVED]->(x) | x.digest] AS texts
DETACH DELETE r
RETURN collect(texts) AS dropped
