// How many roots there are; counted from the store's own statistics where all are asked for.
// parameters: spliced
// columns: total
// owns up to: NodeByLabelScan
CALL () {
  WITH $spliced AS spliced WHERE spliced IS NULL
  MATCH (r:Root) RETURN count(r) AS total
  UNION ALL
  WITH $spliced AS spliced WHERE spliced IS NOT NULL
  MATCH (r:Root) WHERE r.spliced = spliced RETURN count(r) AS total
}
RETURN sum(total) AS total
