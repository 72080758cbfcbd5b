"""Calls of a service over HTTP."""

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, cast
from urllib.parse import quote

import httpx

from service.client.items import Items, Label, SpecItem

PREFIX = "/api/v1"
PAGE = 500
"""Items that are fetched at once."""
_SECONDS = 120.0
"""Default time limit for an answer."""

Parameter = str | int | float | bool | None
"""A query parameter; None leaves it out."""
Body = bytes | str | Mapping[str, Any] | Iterable[Mapping[str, Any]] | Path
"""Documents to upload: text, a file, one JSON object, or several."""


class ServiceError(Exception):
    """The service cannot be reached, or what answers is not one."""


class ProblemError(Exception):
    """The service refused a request.

    Attributes:
        status: HTTP status.
        kind: Last part of the type of problem, such as `several-specs`, or empty.
        problem: The whole problem document (RFC 9457).
    """

    def __init__(self, problem: Mapping[str, Any]) -> None:
        super().__init__(str(problem.get("detail") or problem.get("title") or "refused"))
        self.status = int(problem.get("status", 500))
        self.kind = str(problem.get("type", "")).removeprefix("about:blank").rpartition(":")[2]
        self.problem = problem

    @property
    def candidates(self) -> list[Label]:
        """The specs of which one may be meant, if a hash or a spec was ambiguous."""
        return list(self.problem.get("candidates", ()))


class Client:
    """A service.

    Args:
        url: Its address; by default `SPECGRAPH_URL`.
        token: A token of the service; by default `SPECGRAPH_TOKEN`, if that is set.
        seconds: Time limit for an answer.
        transport: Transport of httpx, such as that of an app in this process.

    Raises:
        ServiceError: No address is given, or it is not one.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        seconds: float = _SECONDS,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        address = url or os.environ.get("SPECGRAPH_URL")
        if not address:
            raise ServiceError("no service is named: give its address, or set SPECGRAPH_URL")
        secret = token or os.environ.get("SPECGRAPH_TOKEN", "").strip()
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        try:
            self._client = httpx.Client(
                base_url=address, headers=headers, timeout=seconds, transport=transport
            )
        except httpx.InvalidURL as error:
            raise ServiceError(f"{address} is not an address: {error}") from error

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def get(self, path: str, /, **parameters: Parameter) -> dict[str, Any]:
        """Return the answer to a GET of any resource below `/api/v1`.

        Raises:
            ProblemError: The service refused.
            ServiceError: It cannot be reached.
        """
        return self._call("GET", path, parameters)

    def list(
        self, path: str, key: str = "items", /, **parameters: Parameter
    ) -> Items[dict[str, Any]]:
        """Return any list of the API.

        Args:
            path: Path of the resource.
            key: Name of the list in its answer.
            parameters: Its parameters, but for `limit` and `cursor`.
        """

        def fetch(limit: int, cursor: str | None) -> dict[str, Any]:
            return self.get(path, limit=limit, cursor=cursor, **parameters)

        return Items(fetch, key, PAGE)

    def specs(
        self,
        q: str | None = None,
        *,
        built_with: str | None = None,
        deployed_with: str | None = None,
        scope: str = "roots",
        **filters: Parameter,
    ) -> Items[SpecItem]:
        """Return the specs that satisfy a question, with all their facts.

        Args:
            q: The spec itself, in Spack's syntax.
            built_with: A spec that it was built with, before any splice.
            deployed_with: A spec that it is deployed with.
            scope: `roots`, or `all` for every spec.
            filters: Further filters of the API, such as `site` and `spliced`.
        """
        given = {"q": q, "built_with": built_with, "deployed_with": deployed_with, "facts": "all"}
        found = self.list("/specs", scope=scope, **{**given, **filters})
        return cast("Items[SpecItem]", found)

    def resolve(self, spec: str) -> Label:
        """Return the one spec that a hash, the start of one, or a spec means.

        Raises:
            ProblemError: It means none, or several; `candidates` has them.
        """
        return cast("Label", self.get("/resolve", spec=spec))

    def spec(self, spec: str) -> dict[str, Any]:
        """Return everything about one spec; raises as :meth:`resolve`."""
        return self.get(f"/specs/{self._hash(spec)}")

    def spec_json(self, spec: str) -> dict[str, Any]:
        """Return the document of one spec as Spack wrote it; raises as :meth:`resolve`."""
        return self.get(f"/specs/{self._hash(spec)}/spec.json")

    def why(self, spec: str, dependency: str) -> Items[dict[str, Any]]:
        """Return all shortest chains from a spec to a dependency; raises as :meth:`resolve`."""
        path = f"/specs/{self._hash(spec)}/why"
        return self.list(path, "chains", dependency=dependency)

    def diff(self, a: str, b: str) -> Items[dict[str, Any]]:
        """Return the packages in which the DAGs of two specs differ."""
        return self.list("/diff", "entries", a=a, b=b)

    def impact(self, dependency: str, **filters: Parameter) -> Items[SpecItem]:
        """Return the specs that a dependency affects, at run time or at build time only."""
        found = self.list("/impact", **{"dependency": dependency, "facts": "all", **filters})
        return cast("Items[SpecItem]", found)

    def builds(self, q: str | None = None, **filters: Parameter) -> Items[dict[str, Any]]:
        """Return attempts at building specs, newest first."""
        return self.list("/builds", **{"q": q, "facts": "all", **filters})

    def installations(self, q: str | None = None, **filters: Parameter) -> Items[dict[str, Any]]:
        """Return installed specs with site and store, newest first."""
        return self.list("/installations", **{"q": q, "facts": "all", **filters})

    def upload(self, documents: Body) -> dict[str, Any]:
        """Store spec documents, and return what became of them.

        Args:
            documents: The text of one or several, a file, a JSON object, or several of them.

        Raises:
            ProblemError: One of them cannot be stored; then none was.
        """
        return self._call("POST", "/specs", {}, _bytes_of(documents))

    def _hash(self, spec: str) -> str:
        """Return the hash of a spec as it stands in a path."""
        text = spec.strip()
        if text.startswith("/") or len(text) == 32:
            return quote(text.removeprefix("/"), safe=":")
        return self.resolve(text)["hash"]

    def _call(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, Parameter],
        body: bytes | None = None,
    ) -> dict[str, Any]:
        given = {key: _text(value) for key, value in parameters.items() if value is not None}
        try:
            answer = self._client.request(method, PREFIX + path, params=given, content=body)
            found: dict[str, Any] = answer.json()
        except httpx.HTTPError as error:
            raise ServiceError(f"{self._client.base_url} does not answer: {error}") from error
        except ValueError as error:
            raise ServiceError(f"{self._client.base_url} is not a Specgraph service") from error
        if answer.is_error:
            raise ProblemError(found)
        return found


def _text(value: str | int | float) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _bytes_of(documents: Body) -> bytes:
    if isinstance(documents, Path):
        return documents.read_bytes()
    if isinstance(documents, bytes):
        return documents
    if isinstance(documents, str):
        return documents.encode()
    several = not isinstance(documents, Mapping)
    return json.dumps(list(documents) if several else documents).encode()
