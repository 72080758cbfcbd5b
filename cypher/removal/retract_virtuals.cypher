// Retract virtuals that a spec was only known to provide by edges that are gone; return the virtuals.
// parameters: provided
// columns: virtuals
// used by: loaders/store/removal/specs.py
UNWIND $p.provided AS row
MATCH (s:Spec {uid: row.uid})-[old:PROVIDES]->(v:Virtual {name: row.virtual})
WHERE NOT EXISTS { (s)<-[d:DEPENDS_ON]-() WHERE row.virtual IN d.virtuals }
DELETE old
RETURN collect(DISTINCT row.virtual) AS virtuals
