"""Specgraph as a Spack extension: what Spack installs and builds, sent to a Specgraph service.

Standard library only, and Python from 3.6 on, as Spack itself supports.
"""
