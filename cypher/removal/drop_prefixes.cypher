// Delete some of the prefixes that were read at a site; return their number, and their libraries.
// parameters: site, limit
// columns: dropped
// owns up to: NodeByLabelScan
// used by: loaders/store/removal/sites.py
MATCH (t:Site {name: $p.site})
WITH t
MATCH (t)<-[:AT]-(p:Prefix)
WITH p LIMIT $p.limit
WITH p, COLLECT { MATCH (p)-[:INSTALLS]->(l) RETURN DISTINCT l.uid } AS libraries
DETACH DELETE p
RETURN {prefixes: count(*), libraries: collect(libraries)} AS dropped
