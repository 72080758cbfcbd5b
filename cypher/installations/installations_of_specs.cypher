// A page of the installations of some specs, newest first, and their number: those that are
// present, or were at a time, or ever.
// parameters: hashes, site, explicit, at, gone, before, limit
// columns: total, items
// used by: service/queries/installations.py
UNWIND $p.hashes AS hash
MATCH (i:Installation {hash: hash})-[:IN]->(x:Store)-[:AT]->(t:Site)
WHERE
  // include: installation_filter
WITH DISTINCT i, x, t ORDER BY i.sort_key DESC
WITH collect({installation: i, store: x, site: t}) AS found
RETURN size(found) AS total,
COLLECT {
  UNWIND [each IN found WHERE each.installation.sort_key < $p.before][..$p.limit] AS each
  WITH each.installation AS i, each.store AS x, each.site AS t
  RETURN i {
    // include: installation_item
  }
} AS items
