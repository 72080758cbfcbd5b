"""Planned splices: the specs that `Spec.splice()` and the concretizer would make of stored ones."""
