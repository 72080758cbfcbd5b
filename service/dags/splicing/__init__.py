"""Splices that nobody has built yet: what `Spec.splice()` and the concretizer would make."""
