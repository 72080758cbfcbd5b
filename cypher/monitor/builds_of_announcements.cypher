// The attempts that some announcements led to.
// parameters: numbers
// columns: builds
// used by: loaders/monitor/saved_folder.py
UNWIND $p.numbers AS number
MATCH (a:Announcement {number: number})-[:LED_TO]->(b:Build)
WITH number, b ORDER BY b.uid
RETURN collect({
  number: number, uid: b.uid, hash: b.hash, name: b.name, version: b.version, status: b.status
}) AS builds
