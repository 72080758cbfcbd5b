"""What the clients of Spack 0.17 and 0.18 tell while they install and analyze."""
