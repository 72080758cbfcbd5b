// Draws the files of this page, with the specs that installed them.
MATCH (f:Artifact) WHERE f.uid IN $uids
MATCH p = (f)<-[:INSTALLED_FILE]-(:Spec)
RETURN p
