// All tokens, the newest first, without what their secrets are checked by.
// parameters:
// columns: items
// owns up to: NodeByLabelScan, NodeIndexScan
MATCH (t:Token)
WITH t ORDER BY t.created DESC, t.public_id
RETURN collect(t {
  .public_id, .name, .scopes, .site, .created, .expires, .last_used, .revoked
}) AS items
