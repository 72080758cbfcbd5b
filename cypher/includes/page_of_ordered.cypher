// The page of the roots in the ordered list `found`, and their number.
RETURN size(found) AS total, [r IN [r IN found
  WHERE r.name > $p.name OR (r.name = $p.name AND (r.version_key > $p.version_key
    OR (r.version_key = $p.version_key AND r.uid > $p.uid)))
][..$p.limit] | r {
  // include: root_item
}] AS items
