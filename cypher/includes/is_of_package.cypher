// Whether a node `x` passes the node filter `w`, which only names a package and versions.
x.name = w.name AND x.standing IS NOT NULL
AND (w.any_version OR any(i IN w.versions WHERE i.low <= x.version_key AND x.version_key < i.high))
