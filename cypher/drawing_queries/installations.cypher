// Draws the installations of this page, with their specs and sites.
MATCH (i:Installation) WHERE i.uid IN $uids
OPTIONAL MATCH spec = (i)-[:OF]->(:Spec)
OPTIONAL MATCH site = (i)-[:AT]->(:Site)
RETURN i, spec, site
