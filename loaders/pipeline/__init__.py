"""Run a load: find documents, recognize their kinds, read them, store the records, report."""
