"""The wires that Spack's own clients speak: CDash and the monitor of 0.17 and 0.18."""
