"""Values and cases of the generated requests that the OpenAPI document cannot describe."""

from typing import Any

import schemathesis
from hypothesis import strategies as st

SPEC_TEXTS = ("zlib", "hdf5@1.14+mpi", "xz@5.6.0:5.6.1", "mpich %gcc@12", "not openmpi")
CONTRADICTIONS = ({"runtime", "deptypes"}, {"gone", "on"})

schemathesis.openapi.format("spack-spec", st.sampled_from(SPEC_TEXTS))
schemathesis.openapi.format("cursor", st.just(""))
schemathesis.openapi.format("aspect", st.sampled_from(["version", "target", "variants"]))


@schemathesis.hook
def filter_case(_: object, case: Any) -> bool:
    """Leave out requests whose parameters contradict each other, which are refused."""
    given = set(case.query or ())
    return not any(each <= given for each in CONTRADICTIONS)
