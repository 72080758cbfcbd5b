// Whether the attempt is there and a document with this digest told of it.
// parameters: uid, digest
// columns: known
OPTIONAL MATCH (b:Build {uid: $p.uid})
RETURN coalesce($p.digest IN b.evidence, false) AS known
