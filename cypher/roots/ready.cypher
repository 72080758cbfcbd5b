// Whether the database answers.
// columns: one
RETURN 1 AS one
