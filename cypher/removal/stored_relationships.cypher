// All relationships that have texts, with their properties.
// parameters:
// columns: id, label, properties
// owns up to: DirectedUnionRelationshipTypesScan
// used by: loaders/store/removal/stored_secrets.py
MATCH ()-[r:REPORTED|FAILED_BY|KEPT|LOCKS|INSTALLS|TYPES_COMPARED]->()
RETURN elementId(r) AS id, type(r) AS label, properties(r) AS properties
