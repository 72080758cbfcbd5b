// The order of the contents `s` of one hash; the first one is shown for the hash: one that a document
// describes, then by how well its record proves the hash, then what was seen in an install folder, then
// what was installed last.
CASE WHEN s:Root THEN 0 ELSE 1 END, left(coalesce(s.standing, '9'), 1),
coalesce(s.on_disk, false) DESC, coalesce(s.installed_at, 0.0) DESC, s.uid
