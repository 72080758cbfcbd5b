// Return all tokens, the newest first, without the digests of their secrets.
// parameters:
// columns: tokens
// owns up to: NodeByLabelScan, NodeIndexScan
// used by: loaders/store/tokens.py
MATCH (t:Token)
WITH t ORDER BY t.created DESC, t.public_id
RETURN collect(t {
  .public_id, .name, .scopes, .site, .created, .expires, .last_used, .revoked
}) AS tokens
