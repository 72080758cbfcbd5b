// Draws the builds of this page, each with its spec, its site, and the error that it died of.
MATCH (b:Build) WHERE b.uid IN $uids
OPTIONAL MATCH spec = (b)-[:BUILT]->(:Spec)
OPTIONAL MATCH site = (b)-[:AT]->(:Site)
OPTIONAL MATCH cause = (b)-[:FAILED_BY]->(:Diagnostic)
RETURN b, spec, site, cause
