// Delete the attempts at these specs, at a site, for which a mark is the only evidence.
// parameters: hashes, site
// columns: dropped
// used by: loaders/store/attempts.py
UNWIND $p.hashes AS hash
MATCH (b:Build {hash: hash})-[:AT]->(:Site {name: $p.site})
WHERE b.standing STARTS WITH '3:'
OPTIONAL MATCH (b)-[:RAN]->(p:Phase)
DETACH DELETE b, p
RETURN count(DISTINCT b) AS dropped
