// Store texts. A text that is stored already is not written again, but locked: nobody deletes it before
// something refers to it.
// parameters: blobs
// columns: blobs
// used by: loaders/monitor/phases.py, loaders/pipeline/cdash_uploads.py, loaders/store/attempts.py, loaders/store/installations.py
UNWIND $p.blobs AS row
MERGE (x:Blob {digest: row.digest})
  ON CREATE SET x += row.properties
SET x.digest = row.digest
RETURN count(*) AS blobs
