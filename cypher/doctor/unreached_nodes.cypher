// The nodes that nothing refers to, so that no question finds them: their label, how many there are,
// and the keys of the first few.
// parameters: most
// columns: label, nodes, examples
// owns up to: NodeByLabelScan
// used by: loaders/doctor/structure.py
CALL () {
  MATCH (n:Blob)
  WHERE NOT EXISTS { (n)<--() }
  RETURN 'Blob' AS label, count(*) AS nodes, collect(n.digest)[..$p.most] AS examples
  UNION ALL
  MATCH (n:Diagnostic)
  WHERE NOT EXISTS { (n)<--() }
  RETURN 'Diagnostic' AS label, count(*) AS nodes, collect(n.fingerprint)[..$p.most] AS examples
  UNION ALL
  MATCH (n:Environment)
  WHERE NOT EXISTS { (n)<--() }
  RETURN 'Environment' AS label, count(*) AS nodes, collect(n.fingerprint)[..$p.most] AS examples
  UNION ALL
  MATCH (n:Variable)
  WHERE NOT EXISTS { (n)<--() }
  RETURN 'Variable' AS label, count(*) AS nodes, collect(n.digest)[..$p.most] AS examples
  UNION ALL
  MATCH (n:Recipe)
  WHERE NOT EXISTS { (n)<--() }
  RETURN 'Recipe' AS label, count(*) AS nodes, collect(n.uid)[..$p.most] AS examples
  UNION ALL
  MATCH (n:Archive)
  WHERE NOT EXISTS { (n)<--() }
  RETURN 'Archive' AS label, count(*) AS nodes, collect(n.uid)[..$p.most] AS examples
  UNION ALL
  MATCH (n:Virtual)
  WHERE NOT EXISTS { (n)<--() }
  RETURN 'Virtual' AS label, count(*) AS nodes, collect(n.name)[..$p.most] AS examples
  UNION ALL
  MATCH (n:Claim)
  WHERE NOT EXISTS { (n)<--() }
  RETURN 'Claim' AS label, count(*) AS nodes, collect(n.uid)[..$p.most] AS examples
  UNION ALL
  MATCH (n:Library)
  WHERE NOT EXISTS { (n)<--() }
  RETURN 'Library' AS label, count(*) AS nodes, collect(n.uid)[..$p.most] AS examples
  UNION ALL
  MATCH (n:SymbolSet)
  WHERE NOT EXISTS { (n)<--() }
  RETURN 'SymbolSet' AS label, count(*) AS nodes, collect(n.uid)[..$p.most] AS examples
  UNION ALL
  MATCH (n:Soname)
  WHERE NOT EXISTS { (n)<--() }
  RETURN 'Soname' AS label, count(*) AS nodes, collect(n.name)[..$p.most] AS examples
  UNION ALL
  MATCH (n:Spec)
  WHERE n.stub AND NOT EXISTS { (n)<--() } AND NOT EXISTS { (n)-[:INSTALLED_FILE|INSTALLED_IN]->() }
  RETURN 'Spec' AS label, count(*) AS nodes, collect(n.uid)[..$p.most] AS examples
}
WITH label, nodes, examples
WHERE nodes > 0
RETURN label, nodes, examples
