// The versions of some packages, each with the number of specs, the newest first. Only `most` specs
// of a package are read.
// parameters: names, most
// columns: packages
// used by: service/queries/overview.py
UNWIND range(0, size($p.names) - 1) AS place
WITH place, $p.names[place] AS name
CALL (name) {
  MATCH (s:Spec)
  WHERE s.name = name AND s.version_key >= ''
  WITH s LIMIT $p.most
  WITH s.version AS version, s.version_key AS version_key, count(*) AS specs
  ORDER BY version_key DESC
  RETURN collect({version: version, specs: specs}) AS versions
}
WITH place, name, versions ORDER BY place
WHERE size(versions) > 0
RETURN collect({name: name, versions: versions}) AS packages
