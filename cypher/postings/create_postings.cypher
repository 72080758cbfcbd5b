// Create postings of a segment.
// parameters: rows, segment
// columns: created
// used by: loaders/postings/sealing.py
UNWIND $p.rows AS row
CREATE (:Posting {
  segment: $p.segment, side: row.side, name: row.name, version_key: row.version_key, roots: row.roots
})
RETURN count(*) AS created
