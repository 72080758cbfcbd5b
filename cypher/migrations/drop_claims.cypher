// Delete some of the relationships by which records claimed a spec, which their hash says as well.
// parameters: limit
// columns: changed
// owns up to: DirectedRelationshipTypeScan
// used by: loaders/store/migrations.py
MATCH (:Claim)-[old:CLAIMS]->()
WITH old LIMIT $p.limit
DELETE old
RETURN count(*) AS changed
