// Some of the environments at a site.
// parameters: site, limit
// columns: uids
// used by: loaders/store/removal/sites.py
MATCH (t:Site {name: $p.site})
WITH t
MATCH (t)<-[:AT]-(l:Lockfile)
WITH l LIMIT $p.limit
RETURN collect(l.uid) AS uids
