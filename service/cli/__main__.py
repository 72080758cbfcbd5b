"""Run `specgraph` as `python -m service.cli`."""

from service.cli.main import main

main(prog_name="specgraph")
