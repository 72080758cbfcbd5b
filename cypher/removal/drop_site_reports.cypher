// Delete some of the CDash reports of a site; return the texts of their files.
// parameters: site, limit
// columns: dropped
// owns up to: NodeByLabelScan
// used by: loaders/store/removal/sites.py
MATCH (r:Report)
WHERE r.site = $p.site
WITH r LIMIT $p.limit
WITH r, [(r)-[:RECEIVED]->(x) | x.digest] AS texts
DETACH DELETE r
RETURN collect(texts) AS dropped
