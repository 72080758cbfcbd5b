// Draws errors and warnings of this page, with up to 10 builds each that died of them.
MATCH (d:Diagnostic) WHERE d.fingerprint IN $fingerprints
RETURN d, [p = (d)<-[:FAILED_BY]-(:Build)-[:BUILT]->(:Spec) | p][..10] AS builds
