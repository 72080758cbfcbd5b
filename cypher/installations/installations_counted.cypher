// How many installations there are, counted no further than `most`.
// parameters: site, explicit, at, gone, most
// columns: total
MATCH (i:Installation)
WHERE i.sort_key >= ''
MATCH (i)-[:IN]->(x:Store)-[:AT]->(t:Site)
WHERE ($p.site IS NULL OR t.name = $p.site)
  AND ($p.explicit IS NULL OR i.explicit = $p.explicit)
  AND CASE WHEN $p.at IS NULL THEN $p.gone OR (i.installed AND i.last_seen >= x.as_of)
    ELSE coalesce(i.installed_at, i.first_seen) <= $p.at
      AND (i.last_seen >= $p.at OR (i.installed AND i.last_seen >= x.as_of)) END
WITH i LIMIT $p.most
RETURN count(*) AS total
