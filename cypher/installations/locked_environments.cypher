// A page of the locked environments, those loaded last first, and their number; each with its
// roots and their abstract specs.
// parameters: name, site, before, limit
// columns: total, items
// owns up to: NodeByLabelScan
// used by: service/queries/environments.py
MATCH (l:Lockfile)-[:AT]->(t:Site)
WHERE ($p.name IS NULL OR l.name STARTS WITH $p.name) AND ($p.site IS NULL OR t.name = $p.site)
WITH l, t, l.load + ':' + l.uid AS sort_key ORDER BY sort_key DESC
WITH collect({lockfile: l, site: t, sort_key: sort_key}) AS found
RETURN size(found) AS total,
COLLECT {
  UNWIND [each IN found WHERE each.sort_key < $p.before][..$p.limit] AS each
  WITH each.lockfile AS l, each.site AS t, each.sort_key AS sort_key
  RETURN l {
    .uid, .name, .digest, .lockfile_version, .spack_version, .included, site: t.name, sort_key: sort_key,
    roots: COLLECT {
      MATCH (l)-[k:LOCKS]->(s:Spec)
      WITH k, s ORDER BY k.group, k.abstract
      RETURN s {.hash, .name, .version, abstract: k.abstract, group: nullIf(k.group, '')}
    }
  }
} AS items
