// Draws the test runs of this page with their specs and sites.
MATCH (t:TestRun) WHERE t.uid IN $uids
OPTIONAL MATCH spec = (t)-[:TESTED]->(:Spec)
OPTIONAL MATCH site = (t)-[:AT]->(:Site)
RETURN t, spec, site
