// Return the token with a public id.
// parameters: public_id
// columns: token
// used by: loaders/store/tokens.py
MATCH (t:Token {public_id: $p.public_id})
RETURN t {
  .public_id, .digest, .name, .scopes, .site, .created, .expires, .last_used, .revoked
} AS token
