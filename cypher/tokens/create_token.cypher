// Store a new token. One that has the public id already is left as it is.
// parameters: public_id, digest, name, scopes, site, created, expires
// columns: public_id
// used by: loaders/store/tokens.py
MERGE (t:Token {public_id: $p.public_id})
  ON CREATE SET t.digest = $p.digest, t.name = $p.name, t.scopes = $p.scopes, t.site = $p.site,
    t.created = $p.created, t.expires = $p.expires, t.revoked = false
RETURN t.public_id AS public_id
