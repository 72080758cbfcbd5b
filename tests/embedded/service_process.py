"""A separate process that runs the embedded Neo4j on the folder argv[1] until it is ended."""

import sys
import time
from pathlib import Path

from service.embedded import EmbeddedNeo4j

with EmbeddedNeo4j(Path(sys.argv[1]), quick=True) as connection:
    print(connection.uri, flush=True)
    while True:
        time.sleep(60)
