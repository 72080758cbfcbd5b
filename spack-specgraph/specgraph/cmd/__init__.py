"""The commands that this extension adds to Spack."""
