"""Readers of the folders in which Spack keeps a build: stages, `.spack`, failure markers."""
