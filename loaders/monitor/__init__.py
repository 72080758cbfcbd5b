"""Readers and writers of the messages that Spack 0.17 and 0.18 send about installs and analyses."""
