// The distinct sets of imported symbols of the files that need a library of some name, at most `most`.
// parameters: name, most
// columns: uid, data
// used by: service/queries/abi_diff.py
MATCH (:Soname {name: $p.name})<-[:NEEDS]-(:Library)-[:IMPORTS]->(x:SymbolSet)
WITH DISTINCT x LIMIT $p.most
RETURN x.uid AS uid, x.data AS data
