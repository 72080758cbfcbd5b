// A page of the programs and libraries that need a library of some name, and their number, counted no
// further than `most`.
// parameters: name, needs, spec, site, after, limit, most
// columns: total, items
// used by: service/queries/installed_libraries.py
MATCH (:Soname {name: $p.needs})<-[:NEEDS]-(l:Library)<-[r:INSTALLS]-(p:Prefix)
WHERE
  // include: library_filter
// include: page_of_libraries
