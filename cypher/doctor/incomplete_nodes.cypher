// The nodes that lack a relationship without which they mean nothing: the pattern, how many of them
// there are, and the keys of the first few.
// parameters: most
// columns: pattern, nodes, examples
// owns up to: NodeByLabelScan
// used by: loaders/doctor/structure.py
CALL () {
  MATCH (n:Build)
  WHERE NOT EXISTS { (n)-[:BUILT]->(:Spec) }
  RETURN '(:Build)-[:BUILT]->(:Spec)' AS pattern, count(*) AS nodes, collect(n.uid)[..$p.most] AS examples
  UNION ALL
  MATCH (n:Build)
  WHERE NOT EXISTS { (n)-[:AT]->(:Site) }
  RETURN '(:Build)-[:AT]->(:Site)' AS pattern, count(*) AS nodes, collect(n.uid)[..$p.most] AS examples
  UNION ALL
  MATCH (n:Phase)
  WHERE NOT EXISTS { (n)<-[:RAN]-(:Build) }
  RETURN '(:Phase)<-[:RAN]-(:Build)' AS pattern, count(*) AS nodes, collect(n.uid)[..$p.most] AS examples
  UNION ALL
  MATCH (n:Installation)
  WHERE NOT EXISTS { (n)-[:OF]->(:Spec) }
  RETURN '(:Installation)-[:OF]->(:Spec)' AS pattern, count(*) AS nodes, collect(n.uid)[..$p.most] AS examples
  UNION ALL
  MATCH (n:Installation)
  WHERE NOT EXISTS { (n)-[:IN]->(:Store) }
  RETURN '(:Installation)-[:IN]->(:Store)' AS pattern, count(*) AS nodes, collect(n.uid)[..$p.most] AS examples
  UNION ALL
  MATCH (n:Installation)
  WHERE NOT EXISTS { (n)-[:AT]->(:Site) }
  RETURN '(:Installation)-[:AT]->(:Site)' AS pattern, count(*) AS nodes, collect(n.uid)[..$p.most] AS examples
  UNION ALL
  MATCH (n:Store)
  WHERE NOT EXISTS { (n)-[:AT]->(:Site) }
  RETURN '(:Store)-[:AT]->(:Site)' AS pattern, count(*) AS nodes, collect(n.uid)[..$p.most] AS examples
  UNION ALL
  MATCH (n:Artifact)
  WHERE NOT EXISTS { (n)<-[:INSTALLED_FILE]-(:Spec) }
  RETURN '(:Artifact)<-[:INSTALLED_FILE]-(:Spec)' AS pattern, count(*) AS nodes, collect(n.uid)[..$p.most] AS examples
  UNION ALL
  MATCH (n:Prefix)
  WHERE NOT EXISTS { (n)<-[:INSTALLED_IN]-(:Spec) }
  RETURN '(:Prefix)<-[:INSTALLED_IN]-(:Spec)' AS pattern, count(*) AS nodes, collect(n.uid)[..$p.most] AS examples
  UNION ALL
  MATCH (n:Announcement)
  WHERE NOT EXISTS { (n)-[:OF]->(:Spec) }
  RETURN '(:Announcement)-[:OF]->(:Spec)' AS pattern, count(*) AS nodes, collect(n.uid)[..$p.most] AS examples
  UNION ALL
  MATCH (n:PhaseReport)
  WHERE NOT EXISTS { (n)<-[:TOLD]-(:Announcement) }
  RETURN '(:PhaseReport)<-[:TOLD]-(:Announcement)' AS pattern, count(*) AS nodes, collect(n.uid)[..$p.most] AS examples
  UNION ALL
  MATCH (n:TestRun)
  WHERE NOT EXISTS { (n)-[:TESTED]->(:Spec) }
  RETURN '(:TestRun)-[:TESTED]->(:Spec)' AS pattern, count(*) AS nodes, collect(n.uid)[..$p.most] AS examples
  UNION ALL
  MATCH (n:TestRun)
  WHERE NOT EXISTS { (n)-[:AT]->(:Site) }
  RETURN '(:TestRun)-[:AT]->(:Site)' AS pattern, count(*) AS nodes, collect(n.uid)[..$p.most] AS examples
  UNION ALL
  MATCH (n:Lockfile)
  WHERE NOT EXISTS { (n)-[:AT]->(:Site) }
  RETURN '(:Lockfile)-[:AT]->(:Site)' AS pattern, count(*) AS nodes, collect(n.uid)[..$p.most] AS examples
  UNION ALL
  MATCH (n:Recipe)
  WHERE NOT EXISTS { (n)-[:HAS_TEXT]->(:Blob) }
  RETURN '(:Recipe)-[:HAS_TEXT]->(:Blob)' AS pattern, count(*) AS nodes, collect(n.uid)[..$p.most] AS examples
  UNION ALL
  MATCH (n:Compiler)
  WHERE NOT EXISTS { (n)-[:AT]->(:Site) }
  RETURN '(:Compiler)-[:AT]->(:Site)' AS pattern, count(*) AS nodes, collect(n.uid)[..$p.most] AS examples
  UNION ALL
  MATCH (n:CanSplice)
  WHERE NOT EXISTS { (n)-[:AT]->(:Site) }
  RETURN '(:CanSplice)-[:AT]->(:Site)' AS pattern, count(*) AS nodes, collect(n.uid)[..$p.most] AS examples
}
WITH pattern, nodes, examples
WHERE nodes > 0
RETURN pattern, nodes, examples
