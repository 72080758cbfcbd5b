// Of some names, which a package has and which a virtual that some spec was seen to provide.
// parameters: names
// columns: known
UNWIND $p.names AS name
WITH name, EXISTS { MATCH (s:Spec {name: name}) WHERE s.standing IS NOT NULL } AS package,
  EXISTS { MATCH (:Virtual {name: name})<-[:PROVIDES]-() } AS virtual
RETURN collect([name, package, virtual]) AS known
