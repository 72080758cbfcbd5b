"""Specgraph as a Spack extension: sends what Spack installs and builds to a Specgraph service.

Requires only the standard library and, like Spack itself, Python 3.6 or later.
"""
