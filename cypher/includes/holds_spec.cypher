// Whether `h` shows that a spec is at the site of `h` now: an installation that the newest index of its
// store still has, a build that succeeded, or a lockfile.
(h:Lockfile OR h:Build AND h.status = 'succeeded'
  OR h:Installation AND h.installed AND EXISTS { MATCH (h)-[:IN]->(i:Store) WHERE h.last_seen >= i.as_of })
