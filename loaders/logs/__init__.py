"""Readers of build logs and environments: cleaning, diagnostics, redaction."""
