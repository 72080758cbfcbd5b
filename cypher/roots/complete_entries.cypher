// Attributes of the newest specs of a package, as `name=value`: variants, platform, operating
// system and target; `looked_at` specs at most.
// parameters: name, prefix, value, looked_at, limit
// columns: entries
// used by: service/queries/completion.py
MATCH (s:Spec)
USING INDEX SEEK s:Spec(name, version_key)
WHERE s.name = $p.name AND s.version_key >= ''
WITH s ORDER BY s.name DESC, s.version_key DESC LIMIT $p.looked_at
UNWIND s.variants + ['platform=' + s.platform, 'os=' + s.os, 'target=' + s.target] AS entry
WITH entry, count(*) AS count
WHERE entry STARTS WITH $p.prefix AND entry ENDS WITH $p.value
WITH entry, count ORDER BY count DESC, entry LIMIT $p.limit
RETURN collect({text: entry, count: count}) AS entries
