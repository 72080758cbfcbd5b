// Draws the libraries of this page with their names, the names that they need, and the specs that have them.
MATCH (l:Library) WHERE l.uid IN $libraries
MATCH p = (l)<-[:INSTALLS]-(:Prefix)<-[:INSTALLED_IN]-(:Spec)
OPTIONAL MATCH q = (l)-[:HAS|NEEDS]->(:Soname)
RETURN p, q
