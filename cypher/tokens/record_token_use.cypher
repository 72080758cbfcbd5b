// Record that a token was used, unless a use was recorded a short time ago.
// parameters: public_id, now, since
// columns: last_used
// used by: loaders/store/tokens.py
MATCH (t:Token {public_id: $p.public_id})
WHERE t.last_used IS NULL OR t.last_used < $p.since
SET t.last_used = $p.now
RETURN t.last_used AS last_used
