"""The command that Spack finds here."""
