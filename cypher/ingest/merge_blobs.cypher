// Keep texts; one that is there already is not written again.
// parameters: blobs
// columns: blobs
UNWIND $p.blobs AS row
MERGE (x:Blob {digest: row.digest})
  ON CREATE SET x += row.properties
RETURN count(*) AS blobs
