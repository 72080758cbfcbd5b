// Draws the files of this page, with the spec that installed them.
MATCH p = (:Spec {uid: $uid})-[:INSTALLED_FILE]->(f:Artifact)
WHERE f.path IN $paths
RETURN p
