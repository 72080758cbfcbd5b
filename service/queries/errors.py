"""Why a question cannot be answered. `service/api/problems.py` maps each error to a status."""

from collections.abc import Mapping, Sequence

from service.dags.errors import InvalidQuestionError as InvalidQuestionError
from service.dags.errors import NotInGraphError as NotInGraphError
from service.dags.labels import SpecLabel as SpecLabel
from spec_syntax import SpecSyntaxError


class AmbiguousHashError(Exception):
    """An abbreviated hash that several specs share.

    Attributes:
        prefix: The abbreviated hash.
        candidates: At most ten of the specs that share it.
    """

    def __init__(self, prefix: str, candidates: Sequence[SpecLabel]) -> None:
        super().__init__(f"/{prefix} is ambiguous")
        self.prefix = prefix
        self.candidates = candidates


class SeveralSpecsError(Exception):
    """A spec that several stored specs satisfy, where one is needed.

    Attributes:
        parameter: Name of the argument.
        text: The spec.
        candidates: Some of the specs that satisfy it.
    """

    def __init__(
        self, parameter: str, text: str, candidates: Sequence[Mapping[str, object]]
    ) -> None:
        super().__init__(f"{parameter}: several specs satisfy {text!r}")
        self.parameter = parameter
        self.text = text
        self.candidates = candidates


class UnplannableError(Exception):
    """A splice that cannot be planned; its text is a message for the user."""


class SeveralContentsError(Exception):
    """A hash that names several contents, where one is needed.

    Attributes:
        hash: The hash.
        uids: Identities of its contents, the one that is shown for it first.
    """

    def __init__(self, hash_: str, uids: Sequence[str]) -> None:
        super().__init__(f"/{hash_} has {len(uids)} contents")
        self.hash = hash_
        self.uids = uids


class TooComplexError(ValueError):
    """A query with so many alternatives that its clauses would be too many."""


class ParameterSyntaxError(Exception):
    """An argument that is not in spec syntax.

    Attributes:
        parameter: Name of the argument.
        error: What is wrong with its text, and where.
    """

    def __init__(self, parameter: str, error: SpecSyntaxError) -> None:
        super().__init__(str(error))
        self.parameter = parameter
        self.error = error
