// Whose texts these are: for each text the first ten of the attempts, test runs, recipes and reports.
// parameters: digests
// columns: owners
// used by: loaders/store/removal/stored_secrets.py
UNWIND $p.digests AS digest
MATCH (x:Blob {digest: digest})
RETURN collect({digest: digest, owners: COLLECT {
  MATCH (x)<-[r:HAS_TEXT|KEPT|RECEIVED]-(p)
  OPTIONAL MATCH (p)<-[:RAN]-(b:Build)
  RETURN CASE
    WHEN b IS NOT NULL THEN 'build ' + b.uid + ', phase ' + p.name
    WHEN p:Build THEN 'build ' + p.uid + ', ' + coalesce(r.name, 'document')
    ELSE labels(p)[0] + ' ' + p.uid END
  LIMIT 10
}}) AS owners
