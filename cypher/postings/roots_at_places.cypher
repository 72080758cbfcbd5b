// The sealed roots at some places, each place a segment, a colon and a number, as items of an answer.
// parameters: places
// columns: items
// used by: service/queries/postings.py
UNWIND $p.places AS place
MATCH (r:Root {places: place})
RETURN collect([place, r {
  // include: root_item
}]) AS items
