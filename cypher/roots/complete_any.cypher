// Entries as in complete_entries, for specs of any package: of a fair sample, the specs with the
// lowest hashes. Also the packages of these specs and, as `%name@version`, the compilers that are
// attributes.
// parameters: prefix, value, looked_at, limit
// columns: packages, entries
// used by: service/queries/completion.py
MATCH (s:Spec)
WHERE s.hash > ''
WITH s ORDER BY s.hash LIMIT $p.looked_at
WITH collect(s) AS specs
CALL (specs) {
  UNWIND specs AS s
  WITH s.name AS name, count(*) AS count
  WITH name, count ORDER BY count DESC, name LIMIT $p.limit
  RETURN collect({text: name, count: count}) AS packages
}
CALL (specs) {
  UNWIND specs AS s
  UNWIND s.variants + ['platform=' + s.platform, 'os=' + s.os, 'target=' + s.target,
    '%' + s.compiler + '@' + s.compiler_version] AS entry
  WITH entry, count(*) AS count
  WHERE entry STARTS WITH $p.prefix AND entry ENDS WITH $p.value
  WITH entry, count ORDER BY count DESC, entry LIMIT $p.limit
  RETURN collect({text: entry, count: count}) AS entries
}
RETURN packages, entries
