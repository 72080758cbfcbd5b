// A page of the locked environments, newest first, each with its roots and their abstract specs.
// parameters: name, site, before, limit
// columns: total, items
// owns up to: NodeByLabelScan
MATCH (l:Lockfile)-[:AT]->(t:Site)
WHERE ($p.name IS NULL OR l.name STARTS WITH $p.name) AND ($p.site IS NULL OR t.name = $p.site)
WITH l, t, l.load + ':' + l.uid AS sort_key ORDER BY sort_key DESC
WITH collect([l, t, sort_key]) AS found
RETURN size(found) AS total,
COLLECT {
  UNWIND [each IN found WHERE each[2] < $p.before][..$p.limit] AS each
  WITH each[0] AS l, each[1] AS t, each[2] AS sort_key
  RETURN l {
    .name, .digest, .lockfile_version, .spack_version, .included, site: t.name, sort_key: sort_key,
    roots: COLLECT {
      MATCH (l)-[k:LOCKS]->(s:Spec)
      WITH k, s ORDER BY k.abstract
      RETURN s {.hash, .name, .version, abstract: k.abstract}
    }
  }
} AS items
