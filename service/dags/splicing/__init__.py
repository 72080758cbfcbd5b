"""Planned splices: what `Spec.splice()` and the concretizer would make of stored specs."""
