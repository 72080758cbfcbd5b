// A page of the programs and libraries that have some SONAME or file name, and their number, counted no
// further than `most`.
// parameters: name, needs, spec, site, after, limit, most
// columns: total, items
// used by: service/queries/installed_libraries.py
CALL () {
  MATCH (:Soname {name: $p.name})<-[:HAS]-(:Library)<-[r:INSTALLS]-(:Prefix)
  RETURN r
  UNION
  MATCH (:Prefix)-[r:INSTALLS]->(:Library)
  WHERE r.path ENDS WITH $p.name
  RETURN r
}
WITH r, startNode(r) AS p, endNode(r) AS l
WHERE
  // include: library_filter
// include: page_of_libraries
