// Those of some numbers that announcements have, other than the one for which each is asked.
// parameters: rows
// columns: numbers
// used by: loaders/backup/restore.py
UNWIND $p.rows AS row
MATCH (a:Announcement {number: row.number})
WHERE a.uid <> row.uid
RETURN collect(row.number) AS numbers
