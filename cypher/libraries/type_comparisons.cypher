// The results of comparing the types of some pairs of libraries.
// parameters: pairs
// columns: before, after, result
// used by: service/queries/type_changes.py
UNWIND $p.pairs AS pair
MATCH (:Library {uid: pair.before})-[r:TYPES_COMPARED]->(:Library {uid: pair.after})
RETURN pair.before AS before, pair.after AS after, properties(r) AS result
