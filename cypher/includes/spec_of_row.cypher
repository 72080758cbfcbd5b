// The spec `s` that `row.hash` names: of several contents with this hash the one that is shown for it.
CALL (row) {
  MATCH (s:Spec {hash: row.hash})
  USING INDEX SEEK s:Spec(hash)
  RETURN s
  ORDER BY
    // include: content_order
  LIMIT 1
}
