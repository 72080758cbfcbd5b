// Draws the environments of this page with their sites and up to 100 of their roots each.
MATCH (e:Lockfile) WHERE e.uid IN $uids
RETURN e, [p = (e)-[:AT]->(:Site) | p] AS sites, [p = (e)-[:LOCKS]->(:Root) | p][..100] AS roots
