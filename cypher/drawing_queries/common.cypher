// Draws the specs that are compared, each with a shortest path to the specs of this page.
UNWIND $roots AS root
UNWIND $shared AS shared
MATCH (s:Spec {uid: root}), (x:Spec {hash: shared})
WHERE s <> x
MATCH p = SHORTEST 1 (s)-[:DEPENDS_ON]->+(x)
RETURN p LIMIT 500
