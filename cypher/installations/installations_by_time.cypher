// A page of all installations, newest first, and their number, counted no further than `most`:
// those that are present, or were at a time, or ever.
// parameters: site, explicit, at, gone, before, limit, most
// columns: total, items
// owns up to: CartesianProduct
// used by: service/queries/installations.py
CALL () {
  MATCH (i:Installation)
  WHERE i.sort_key < $p.before
  WITH i ORDER BY i.sort_key DESC
  MATCH (i)-[:IN]->(x:Store)-[:AT]->(t:Site)
  WHERE
    // include: installation_filter
  WITH i, x, t LIMIT $p.limit
  RETURN collect(i {
    // include: installation_item
  }) AS items
}
CALL () {
  MATCH (i:Installation)
  WHERE i.sort_key >= ''
  MATCH (i)-[:IN]->(x:Store)-[:AT]->(t:Site)
  WHERE
    // include: installation_filter
  WITH i LIMIT $p.most
  RETURN count(*) AS total
}
RETURN total, items
