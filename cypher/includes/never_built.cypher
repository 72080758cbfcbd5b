// Whether a spec `s` was attempted but never built, and is neither installed nor offered by a build
// cache: no build of it is known to exist.
EXISTS { (s)<-[:BUILT]-(:Build) }
AND NOT EXISTS { (s)<-[:BUILT]-(b:Build) WHERE b.status = 'succeeded' }
AND NOT EXISTS { (s)<-[:OF]-(:Installation) }
AND NOT EXISTS { (s)<-[:OFFERS]-(:Mirror) }
