"""ELF files: what the dynamic loader reads of a program or a shared library."""
