"""Logs, environments and what they report: read, cleaned, without secrets."""
