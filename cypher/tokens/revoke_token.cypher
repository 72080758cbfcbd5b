// Revoke a token; it stays in the list.
// parameters: public_id
// columns: public_id
// used by: loaders/store/tokens.py
MATCH (t:Token {public_id: $p.public_id})
SET t.revoked = true
RETURN t.public_id AS public_id
