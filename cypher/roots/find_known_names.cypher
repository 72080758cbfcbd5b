// Whether some names are those of packages, and of virtuals that some spec was seen to provide.
// parameters: names
// columns: known
// used by: service/queries/known_names.py
UNWIND $p.names AS name
WITH name, EXISTS { MATCH (s:Spec {name: name}) WHERE s.standing IS NOT NULL } AS package,
  EXISTS { MATCH (:Virtual {name: name})<-[:PROVIDES]-() } AS virtual
RETURN collect({name: name, package: package, virtual: virtual}) AS known
