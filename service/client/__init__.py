"""A client of a Specgraph service for programs and notebooks.

    from service.client import Client

    with Client("http://127.0.0.1:8642") as specgraph:
        for spec in specgraph.specs("hdf5", deployed_with="mvapich2"):
            print(spec["name"], spec["version"], spec["facts"].get("mpi"))
        builds = specgraph.builds(status="failed").frame()  # needs pandas

Lists are iterators that fetch page by page; their items are those of the REST API, as `/docs`
describes them. Wherever a hash is expected, a spec may stand that only one stored spec satisfies.
"""

from service.client.calls import Client, ProblemError, ServiceError
from service.client.items import Facts, Items, Label, SpecItem

__all__ = ["Client", "Facts", "Items", "Label", "ProblemError", "ServiceError", "SpecItem"]
