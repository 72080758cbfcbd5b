// The names of sites and of locked environments, in order.
// parameters: most
// columns: sites, environments
// owns up to: NodeByLabelScan, NodeIndexScan
// used by: service/queries/places.py
RETURN COLLECT {
  MATCH (t:Site)
  RETURN t.name ORDER BY t.name LIMIT $p.most
} AS sites, COLLECT {
  MATCH (l:Lockfile)
  WITH DISTINCT l.name AS name
  RETURN name ORDER BY name LIMIT $p.most
} AS environments
