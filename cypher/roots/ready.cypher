// Whether the database answers.
// columns: one
// used by: cypher/run.py
RETURN 1 AS one
