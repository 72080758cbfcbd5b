// The time of the newest attempt whose time is known, at all or at one site.
// parameters: statuses, site
// columns: started
// used by: service/queries/activity.py
UNWIND $p.statuses AS status
CALL (status) {
  MATCH (b:Build)
  WHERE b.status = status AND b.sort_key > '0000000001'
    AND ($p.site IS NULL OR EXISTS { (b)-[:AT]->(:Site {name: $p.site}) })
  RETURN b.started AS started ORDER BY b.status DESC, b.sort_key DESC LIMIT 1
}
RETURN max(started) AS started
