// A page of the attempts that reported a diagnostic, newest first, and their number.
// parameters: fingerprint, statuses, phase, site, since, until, before, limit
// columns: total, items
// used by: service/queries/attempts.py
MATCH (:Diagnostic {fingerprint: $p.fingerprint})<-[:REPORTED]-(:Phase)<-[:RAN]-(b:Build)
WHERE b.status IN $p.statuses AND
  // include: attempt_filter
WITH DISTINCT b ORDER BY b.sort_key DESC
WITH collect(b) AS found
RETURN size(found) AS total, [b IN [x IN found WHERE x.sort_key < $p.before][..$p.limit] | b {
  // include: attempt_item
}] AS items
