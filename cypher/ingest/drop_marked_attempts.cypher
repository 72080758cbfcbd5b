// Delete the attempts at these specs, at a site, for which a mark is the only evidence, unless they
// belong to another owner. Without an owner, whoever runs the database asks.
// parameters: hashes, site, owner
// columns: dropped
// used by: loaders/store/attempts.py
UNWIND $p.hashes AS hash
MATCH (b:Build {hash: hash})-[:AT]->(:Site {name: $p.site})
WHERE b.standing STARTS WITH '3:'
  AND ($p.owner IS NULL OR b.owner IS NULL OR b.owner = $p.owner)
OPTIONAL MATCH (b)-[:RAN]->(p:Phase)
DETACH DELETE b, p
RETURN count(DISTINCT b) AS dropped
