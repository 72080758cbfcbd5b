// The page of the roots in the ordered list `found`, and their number.
RETURN size(found) AS total, [r IN [r IN found
  WHERE r.name > $p.name OR (r.name = $p.name AND (r.version_key > $p.version_key
    OR (r.version_key = $p.version_key AND r.hash > $p.hash)))
][..$p.limit] | r {.hash, .name, .version, .version_key, .spliced, .verified}] AS items
