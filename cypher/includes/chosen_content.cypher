// Of the contents `s` of the hash that is asked for, the one with the identity that is asked for, or
// without one the content that is shown for the hash.
USING INDEX SEEK s:Spec(hash)
WHERE $p.uid IS NULL OR s.uid = $p.uid
WITH s
ORDER BY
  // include: content_order
LIMIT 1
