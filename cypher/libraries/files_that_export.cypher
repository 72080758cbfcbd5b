// A page of the programs and libraries whose exported symbols may have one of some names, by the words of
// these, and the number of those that were looked at.
// parameters: words, site, after, limit, most
// columns: total, items
// used by: service/queries/symbols.py
CALL db.index.fulltext.queryNodes('symbolset_words', $p.words) YIELD node AS x
MATCH (x)<-[:EXPORTS]-(l:Library)
// include: page_of_symbol_files
