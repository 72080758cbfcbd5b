// Whether the database answers.
// columns: one
// used by: service/app.py
RETURN 1 AS one
