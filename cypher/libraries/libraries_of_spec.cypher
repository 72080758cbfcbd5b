// A page of the programs and libraries of a spec, and their number, counted no further than `most`.
// parameters: name, needs, spec, site, after, limit, most
// columns: total, items
// used by: service/queries/installed_libraries.py
MATCH (:Spec {uid: $p.spec})-[:INSTALLED_IN]->(p:Prefix)-[r:INSTALLS]->(l:Library)
WHERE
  // include: library_filter
// include: page_of_libraries
