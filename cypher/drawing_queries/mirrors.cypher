// Draws the build caches of this page with the specs that they offer, up to 50 each.
MATCH (m:Mirror) WHERE m.name IN $names
RETURN m, [p = (m)-[:OFFERS]->(:Spec) | p][..50] AS offers
