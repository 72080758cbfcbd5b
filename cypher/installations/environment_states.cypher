// The locked environments of a name, or whose id or digest starts with a text, those loaded last first,
// with their roots.
// parameters: name, digest, site, limit
// columns: states
// owns up to: NodeByLabelScan
// used by: service/queries/environment_diff.py
MATCH (l:Lockfile)-[:AT]->(t:Site)
WHERE (l.name = $p.name OR l.digest STARTS WITH $p.digest OR l.uid STARTS WITH $p.digest)
  AND ($p.site IS NULL OR t.name = $p.site)
WITH l, t ORDER BY l.load DESC, l.uid LIMIT $p.limit
RETURN collect(l {
  .uid, .name, .digest, .load, site: t.name,
  roots: COLLECT {
    MATCH (l)-[k:LOCKS]->(s:Spec)
    WITH k, s ORDER BY k.group, k.abstract, s.uid
    RETURN s {.uid, .hash, .name, .version, abstract: k.abstract, group: nullIf(k.group, '')}
  }
}) AS states
