// Draws all shortest chains from a spec to a dependency; a step may lead to a build spec.
MATCH (s:Spec {uid: $uid}), (x:Spec)
WHERE x.uid IN $ends AND x <> s
MATCH p = ALL SHORTEST (s)-[:DEPENDS_ON|SPLICED_FROM]->+(x)
RETURN p LIMIT 50
