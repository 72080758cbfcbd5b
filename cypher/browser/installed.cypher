// What is installed where
// Present installations by site and store, the newest 100. Give the name of a package to narrow
// the list; "" means any.
WITH "" AS package
MATCH (i:Installation)
WHERE i.sort_key >= ""
WITH i, package ORDER BY i.sort_key DESC
MATCH (i)-[:IN]->(x:Store)-[:AT]->(t:Site)
WHERE i.installed AND i.last_seen >= x.as_of
  AND package IN ["", i.name]
MATCH (i)-[:OF]->(s:Spec)
WITH t, x, s, i, i.installed_at AS at
RETURN t.name AS site, x.name AS store,
  s.name AS package, s.version AS version,
  i.explicit AS explicit,
  CASE WHEN at > 0
    THEN datetime({epochSeconds: toInteger(at)})
  END AS installed, s.hash AS hash
LIMIT 100
