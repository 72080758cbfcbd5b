// The newest of some specs, by version, and how many there are.
// parameters: uids, spliced, limit
// columns: total, uids
// used by: service/queries/all_specs.py
UNWIND $p.uids AS given
MATCH (s:Spec {uid: given})
WHERE ($p.spliced IS NULL OR s.spliced = $p.spliced)
WITH s ORDER BY s.version_key DESC, s.name, s.uid
WITH collect(s.uid) AS found
RETURN size(found) AS total, found[..$p.limit] AS uids
