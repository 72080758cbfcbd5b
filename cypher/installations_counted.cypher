// How many installations there are, counted no further than `most`.
// parameters: site, explicit, at, gone, most
// columns: total
MATCH (i:Installation)
WHERE i.sort_key >= ''
MATCH (i)-[:IN]->(x:Store)-[:AT]->(t:Site)
WHERE ($site IS NULL OR t.name = $site)
  AND ($explicit IS NULL OR i.explicit = $explicit)
  AND CASE WHEN $at IS NULL THEN $gone OR (i.installed AND i.last_seen >= x.as_of)
    ELSE coalesce(i.installed_at, i.first_seen) <= $at
      AND (i.last_seen >= $at OR (i.installed AND i.last_seen >= x.as_of)) END
WITH i LIMIT $most
RETURN count(*) AS total
