// Store the results of comparing the types of two libraries, in place of older ones; return how many pairs
// are stored.
// parameters: rows
// columns: stored
// owns up to: CartesianProduct
// used by: loaders/store/type_comparisons.py
UNWIND $p.rows AS row
MATCH (a:Library {uid: row.before})
MATCH (b:Library {uid: row.after})
MERGE (a)-[r:TYPES_COMPARED]->(b)
SET r = row.properties
RETURN count(r) AS stored
