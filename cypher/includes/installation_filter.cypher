// Whether an installation `i` in a store `x` at a site `t` is asked for: one that is present, or
// was at the time `at`, or with `gone` any.
($p.site IS NULL OR t.name = $p.site)
AND ($p.explicit IS NULL OR i.explicit = $p.explicit)
AND CASE WHEN $p.at IS NULL THEN $p.gone OR (i.installed AND i.last_seen >= x.as_of)
  ELSE coalesce(i.installed_at, i.first_seen) <= $p.at
    AND (i.last_seen >= $p.at OR (i.installed AND i.last_seen >= x.as_of)) END
