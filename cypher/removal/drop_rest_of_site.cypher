// Delete some of the stores, compilers, can_splice directives and failed concretizations of a site;
// return their number by label.
// parameters: site, limit
// columns: dropped
// used by: loaders/store/removal/sites.py
MATCH (t:Site {name: $p.site})
WITH t
MATCH (t)<-[:AT]-(x:Store|Compiler|CanSplice|FailedConcretization)
WITH x LIMIT $p.limit
WITH x, labels(x)[0] AS label
DETACH DELETE x
WITH collect(label) AS gone
RETURN {
  Store: size([each IN gone WHERE each = 'Store']),
  Compiler: size([each IN gone WHERE each = 'Compiler']),
  CanSplice: size([each IN gone WHERE each = 'CanSplice']),
  FailedConcretization: size([each IN gone WHERE each = 'FailedConcretization'])
} AS dropped
