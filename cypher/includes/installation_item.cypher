// Entries of an installation `i` in a store `x` at a site `t`, in a list: the keys of
// `InstallationItem` in service/queries/installations.py. It is present if the newest index of its
// store still has it.
.uid, .hash, .name, .explicit, .installed, .installed_at, .first_seen, .external,
.deprecated_for, .prefix_hash, .sort_key,
spec_uid: head([(i)-[:OF]->(s:Spec) | s.uid]),
version: head([(i)-[:OF]->(s:Spec) | s.version]),
last_seen: CASE WHEN i.last_seen >= 0 THEN i.last_seen END,
site: t.name, store: x.name, upstream: x.upstream,
present: i.installed AND i.last_seen >= x.as_of
