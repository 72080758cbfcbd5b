// Keep a new token; one with that public id is left as it is.
// parameters: public_id, digest, name, scopes, site, created, expires
// columns: public_id
MERGE (t:Token {public_id: $public_id})
  ON CREATE SET t.digest = $digest, t.name = $name, t.scopes = $scopes, t.site = $site,
    t.created = $created, t.expires = $expires, t.revoked = false
RETURN t.public_id AS public_id
