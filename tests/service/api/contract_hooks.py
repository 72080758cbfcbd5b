"""Values and cases of the generated requests that the OpenAPI document cannot describe."""

from typing import Any

import schemathesis
from hypothesis import strategies as st

SPEC_TEXTS = ("zlib", "hdf5@1.14+mpi", "xz@5.6.0:5.6.1", "mpich %gcc@12", "not openmpi")
CONTRADICTIONS = ({"runtime", "deptypes"}, {"gone", "on"})
ONE_OF = {"/api/v1/libraries": ("soname", "needs", "spec")}
"""Parameters of which at least one must not be empty, by the path."""

schemathesis.openapi.format("spack-spec", st.sampled_from(SPEC_TEXTS))
schemathesis.openapi.format("cursor", st.just(""))
schemathesis.openapi.format("aspect", st.sampled_from(["version", "target", "variants"]))


@schemathesis.hook
def filter_case(_: object, case: Any) -> bool:
    """Leave out requests that are refused, as parameters are missing or contradict each other."""
    query = case.query or {}
    needed = ONE_OF.get(case.operation.path)
    if needed and not any(query.get(each) for each in needed):
        return False
    if case.operation.path.endswith("/needs") and query.get("on"):
        return False  # No schema says what the version of a system is.
    return not any(each <= set(query) for each in CONTRADICTIONS)
