"""Pages of long lists: opaque cursors, and offsets into lists held in memory."""
