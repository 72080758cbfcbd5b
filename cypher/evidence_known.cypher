// Whether the attempt is there and a document with this digest told of it.
// parameters: uid, digest
// columns: known
OPTIONAL MATCH (b:Build {uid: $uid})
RETURN coalesce($digest IN b.evidence, false) AS known
