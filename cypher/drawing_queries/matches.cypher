// Draws the specs of this page with what they matched: built with and deployed with.
UNWIND $found AS each
MATCH (s:Spec {uid: each.uid})
OPTIONAL MATCH (x:Spec) WHERE x.uid IN each.matches
OPTIONAL MATCH p = SHORTEST 1 (s)-[:DEPENDS_ON|SPLICED_FROM]->+(x)
RETURN s, x, p
