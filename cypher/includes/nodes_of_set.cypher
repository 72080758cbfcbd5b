// The nodes `x` that an index finds for the node filter `w`, before they are tested.
UNWIND w.uids AS uid
MATCH (x:Spec {uid: uid})
RETURN x
UNION ALL
UNWIND w.intervals AS i
MATCH (x:Spec)
WHERE x.name = w.name AND x.version_key >= i.low AND x.version_key < i.high
RETURN x
UNION ALL
MATCH (:Virtual {name: w.virtual})<-[:PROVIDES]-(x:Spec)
RETURN x
