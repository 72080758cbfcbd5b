// Lock the specs with this hash. Return the copies among them, each with its original.
//
// Where the hash determines a spec, all without a build spec are damaged copies of it; such a copy is
// the same if it has the same link and run dependencies. A stub is a copy of the content that is
// shown for the hash. A content whose dependencies are uncertain is a copy of a certain one that has
// link and run dependencies of the same hashes.
// parameters: hash
// columns: copies
// used by: loaders/store/settling.py
MATCH (s:Spec {hash: $p.hash})
USING INDEX SEEK s:Spec(hash)
SET s.hash = s.hash
WITH s
WHERE s.uid IS NOT NULL
WITH s, [(s)-[d:DEPENDS_ON]->(x) WHERE any(t IN d.deptypes WHERE t IN ['link', 'run']) | x] AS linked
ORDER BY
  // include: content_order
WITH collect({spec: s, linked: linked}) AS specs
WITH specs, head([s IN specs WHERE s.spec.uid = s.spec.hash]) AS plain,
  head([s IN specs WHERE s.spec.uid <> s.spec.hash]) AS shown
CALL (specs, plain, shown) {
  WITH plain, shown WHERE plain.spec.stub AND shown IS NOT NULL
  RETURN {copy: plain.spec.uid, original: shown.spec.uid, same: true} AS copy
  UNION ALL
  WITH specs, plain WHERE plain.spec.stub IS NULL
  UNWIND specs AS c
  WITH plain, c, c.spec AS copy
  WHERE copy <> plain.spec AND NOT EXISTS { (copy)-[:SPLICED_FROM]->() }
  RETURN {copy: copy.uid, original: plain.spec.uid, same: size(c.linked) = size(plain.linked)
    AND all(x IN c.linked WHERE x IN plain.linked)} AS copy
  UNION ALL
  UNWIND [s IN specs WHERE s.spec.uncertain] AS u
  UNWIND [s IN specs WHERE s.spec.uncertain IS NULL AND s.spec.standing IS NOT NULL] AS c
  WITH u, c, [x IN u.linked | x.hash] AS copied, [x IN c.linked | x.hash] AS own
  WHERE size(copied) = size(own) AND all(hash IN copied WHERE hash IN own)
  WITH u, collect(c)[0] AS c
  RETURN {copy: u.spec.uid, original: c.spec.uid, same: true} AS copy
}
RETURN collect(copy) AS copies
