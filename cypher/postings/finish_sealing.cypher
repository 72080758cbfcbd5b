// Seal the roots that were placed in a segment, which counts now, unless they have changed since. The
// first SET takes the lock under which a root is read.
// parameters: uids, segment
// columns: sealed
// used by: loaders/postings/sealing.py
UNWIND $p.uids AS uid
MATCH (r:Spec {uid: uid})
SET r.hash = r.hash
WITH r
WHERE r.sealing = $p.segment
SET r.places = split(r.places, ' ')[0]
REMOVE r.unsealed, r.sealing
RETURN count(*) AS sealed
