// The order of the contents `s` of one hash; the first one is shown for the hash: by how well its
// record proves the hash, then what was seen in an install folder, then what was installed last.
left(coalesce(s.standing, '9'), 1), coalesce(s.on_disk, false) DESC,
coalesce(s.installed_at, 0.0) DESC, s.uid
