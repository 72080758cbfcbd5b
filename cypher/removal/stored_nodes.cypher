// All nodes with their properties, except tokens, counters, and postings, which are derived.
// parameters:
// columns: id, label, properties
// owns up to: AllNodesScan
// used by: loaders/store/removal/stored_secrets.py
MATCH (n)
WHERE NOT n:Token|Counter|PostingIndex|Posting|GoneRoot
RETURN elementId(n) AS id, head([label IN labels(n) WHERE label <> 'Root']) AS label,
  properties(n) AS properties
