// Whether a file `r` from a prefix `p` to a library `l` is asked for.
($p.site IS NULL OR EXISTS { (p)-[:AT]->(:Site {name: $p.site}) })
AND ($p.spec IS NULL OR EXISTS { (p)<-[:INSTALLED_IN]-(:Spec {uid: $p.spec}) })
AND ($p.name IS NULL OR l.soname = $p.name OR r.path = $p.name OR r.path ENDS WITH '/' + $p.name)
AND ($p.needs IS NULL OR EXISTS { (l)-[:NEEDS]->(:Soname {name: $p.needs}) })
