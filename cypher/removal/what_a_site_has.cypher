// The number of each kind of thing that a site has, or null if there is no such site; specs are those
// that nothing else refers to. Also the tokens that
// are bound to it and neither revoked nor expired.
// parameters: site, now
// columns: counts, tokens
// owns up to: NodeByLabelScan
// used by: loaders/store/removal/sites.py
OPTIONAL MATCH (t:Site {name: $p.site})
RETURN CASE WHEN t IS NULL THEN null ELSE {
    Build: COUNT { (t)<-[:AT]-(:Build) },
    Installation: COUNT { (t)<-[:AT]-(:Installation) },
    Store: COUNT { (t)<-[:AT]-(:Store) },
    Lockfile: COUNT { (t)<-[:AT]-(:Lockfile) },
    Prefix: COUNT { (t)<-[:AT]-(:Prefix) },
    TestRun: COUNT { (t)<-[:AT]-(:TestRun) },
    Compiler: COUNT { (t)<-[:AT]-(:Compiler) },
    CanSplice: COUNT { (t)<-[:AT]-(:CanSplice) },
    FailedConcretization: COUNT { (t)<-[:AT]-(:FailedConcretization) },
    Announcement: COUNT { MATCH (a:Announcement) WHERE a.site = t.name },
    Report: COUNT { MATCH (r:Report) WHERE r.site = t.name },
    Spec: COUNT {
      MATCH (t)<-[:AT]-()-[:BUILT|OF|TESTED|LOCKS]->(s:Spec)
      WHERE NOT s:Root AND NOT EXISTS { (s)<-[:DEPENDS_ON|SPLICED_FROM|OFFERS|BLAMES]-() }
        AND NOT EXISTS {
          MATCH (s)<-[:BUILT|OF|TESTED|LOCKS]-()-[:AT]->(other:Site) WHERE other <> t
        }
      RETURN DISTINCT s
    }
  } END AS counts,
  COLLECT {
    MATCH (k:Token)
    WHERE k.site = $p.site AND NOT coalesce(k.revoked, false) AND coalesce(k.expires, $p.now) >= $p.now
    RETURN k.name
  } AS tokens
