"""`python -m service.cli`, the same as `specgraph`."""

from service.cli.main import main

main(prog_name="specgraph")
