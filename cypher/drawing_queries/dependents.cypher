// Draws a spec and what depends on it directly, up to 200 of them.
MATCH p = (:Spec {uid: $uid})<-[:DEPENDS_ON]-(:Spec)
RETURN p LIMIT 200
