// Some of the attempts at a site.
// parameters: site, limit
// columns: uids
// used by: loaders/store/removal/sites.py
MATCH (t:Site {name: $p.site})
WITH t
MATCH (t)<-[:AT]-(b:Build)
WITH b LIMIT $p.limit
RETURN collect(b.uid) AS uids
