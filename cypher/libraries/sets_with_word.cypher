// A part of the sets of symbols of which a name has some word, in no particular order; more may follow if
// there are as many as asked for.
// parameters: word, skip, limit
// columns: uid, data
// used by: service/queries/libraries.py
CALL db.index.fulltext.queryNodes('symbolset_words', $p.word, {skip: $p.skip, limit: $p.limit})
YIELD node
RETURN node.uid AS uid, node.data AS data
