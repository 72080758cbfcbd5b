// Let the places of the spec `s`, which is locked, no longer count.
FOREACH (place IN CASE WHEN s.places IS NULL THEN [] ELSE split(s.places, ' ') END |
  CREATE (:GoneRoot {
    segment: toInteger(split(place, ':')[0]), number: toInteger(split(place, ':')[1])
  }))
