// The packed facts of some libraries, with the identities of their sets of symbols.
// parameters: uids
// columns: uid, facts, exports, imports
// used by: service/queries/libraries.py
UNWIND $p.uids AS uid
MATCH (l:Library {uid: uid})
RETURN l.uid AS uid, l.facts AS facts, head([(l)-[:EXPORTS]->(x) | x.uid]) AS exports,
  head([(l)-[:IMPORTS]->(x) | x.uid]) AS imports
