// A page of the installations of some specs, newest first, and their number: those that are
// present, or were at a time, or ever.
// parameters: uids, site, explicit, at, gone, before, limit
// columns: total, items
// used by: service/queries/installations.py
UNWIND $p.uids AS uid
MATCH (:Spec {uid: uid})<-[:OF]-(i:Installation)-[:IN]->(x:Store)-[:AT]->(t:Site)
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
