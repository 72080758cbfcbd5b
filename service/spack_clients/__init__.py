"""The protocols of Spack's own clients: CDash, and spack-monitor as in Spack 0.17 and 0.18."""
