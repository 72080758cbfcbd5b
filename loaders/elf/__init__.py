"""ELF files: the facts that the dynamic loader reads of a program or a shared library."""
