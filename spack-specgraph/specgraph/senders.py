"""Destinations of payloads: the service, which gets only new specs in batches, or a spool."""

import tempfile
from typing import (
    Any,
    Callable,
    Dict,
    Generic,
    Iterable,
    Iterator,
    List,
    Optional,
    Tuple,
    TypeVar,
)

from .client import Client, NotAllowedError, RefusedError, UnavailableError
from .packing import Payload, SpecPayload, pack_documents
from .progress import Progress
from .report import Report
from .spool import Spool

MAX_BATCH_BYTES = 4 << 20
MAX_BATCH_DOCUMENTS = 200
MAX_QUESTIONS = 5000
"""Documents per request for those that the service lacks."""
_MAX_BYTES_IN_MEMORY = 8 << 20

T = TypeVar("T")
Result = TypeVar("Result")
Batch = List[Tuple[T, bytes]]


def split_batches(documents: Iterable[Tuple[T, bytes]]) -> Iterator[Batch[T]]:
    """Yield batches of documents, limited by `MAX_BATCH_BYTES` and `MAX_BATCH_DOCUMENTS`.

    Args:
        documents: pairs of any object that identifies a document, and its JSON.

    """
    batch: Batch[T] = []
    size = 0
    for document, content in documents:
        if batch and (size + len(content) > MAX_BATCH_BYTES or len(batch) >= MAX_BATCH_DOCUMENTS):
            yield batch
            batch, size = [], 0
        batch.append((document, content))
        size += len(content)
    if batch:
        yield batch


class SpecUpload(Generic[T]):
    """Uploads batches of spec documents.

    Args:
        client: the client for the service.
        on_stored: called with the documents that are now stored, and the service's answer.
        on_refused: called with a refused document and the reason.
        allow_unverified: whether the service shall store specs whose hash does not match.

    """

    def __init__(
        self,
        client: Client,
        on_stored: Callable[[List[T], Dict[str, Any]], None],
        on_refused: Callable[[T, str], None],
        allow_unverified: bool = False,
    ) -> None:
        self._client = client
        self._on_stored = on_stored
        self._on_refused = on_refused
        self._allow_unverified = allow_unverified

    def send(self, batch: Batch[T]) -> None:
        """Send a batch. If it is refused, halve it until the refused document is found.

        Raises:
            ServiceError: if the service cannot be reached or requires a token.

        """
        try:
            body = pack_documents([content for _, content in batch])
            answer = self._client.post_packed(
                "/specs", body, allow_unverified=self._allow_unverified or None
            )
        except RefusedError as error:
            if len(batch) == 1:
                self._on_refused(batch[0][0], str(error))
                return
            middle = len(batch) // 2
            self.send(batch[:middle])
            self.send(batch[middle:])
            return
        self._on_stored([document for document, _ in batch], answer)


class ToSpool:
    """Writes payloads into a spool."""

    lost: Optional[str] = None

    def __init__(self, spool: Spool, report: Report) -> None:
        self._spool = spool
        self._report = report

    def send_specs(self, payloads: List[SpecPayload], progress: Progress) -> None:
        """Write spec documents."""
        for payload in payloads:
            self.send_archive(payload)
            progress.step()

    def send_archive(self, payload: Payload) -> None:
        """Write any payload.

        Raises:
            OSError: if the spool cannot be written to.

        """
        is_new = self._spool.add(payload)
        self._report.counts["spooled" if is_new else "kept"] += 1


class ToService:
    """Sends payloads to the service and, once it is unavailable, to a spool if there is one.

    Attributes:
        lost: why payloads go to the spool; None as long as they do not.

    """

    def __init__(
        self,
        client: Client,
        report: Report,
        allow_unverified: bool = False,
        spool: Optional[ToSpool] = None,
    ) -> None:
        self.lost: Optional[str] = None
        self._is_sending = False
        self._client = client
        self._report = report
        self._spool = spool
        self._upload: SpecUpload[SpecPayload] = SpecUpload(
            client,
            lambda _, answer: report.add_specs(answer),
            lambda payload, reason: report.add_refusal(payload.label, reason),
            allow_unverified,
        )

    def send_specs(self, payloads: List[SpecPayload], progress: Progress) -> None:
        """Send the spec documents that the service does not have."""
        for start in range(0, len(payloads), MAX_QUESTIONS):
            self._send_part(payloads[start : start + MAX_QUESTIONS], progress)

    def _send_part(self, payloads: List[SpecPayload], progress: Progress) -> None:
        new = self._try(lambda: self._select_new(payloads), payloads)
        if new is None:
            progress.step(len(payloads))
            return
        progress.step(len(payloads) - len(new))
        for batch in split_batches(self._read_documents(new, progress)):
            self._send_batch(batch)
            progress.step(len(batch))

    def _read_documents(
        self, payloads: Iterable[SpecPayload], progress: Progress
    ) -> Iterator[Tuple[SpecPayload, bytes]]:
        """Yield the documents that can be read, and report the others."""
        for payload in payloads:
            try:
                content = payload.content()
            except OSError as error:
                self._report.add_refusal(payload.label, f"cannot be read: {error}")
                progress.step()
            else:
                yield payload, content

    def send_archive(self, payload: Payload) -> None:
        """Send any other payload."""
        self._try(lambda: self._post_archive(payload), [payload])

    def give_up(self, reason: str) -> None:
        """Send nothing more; called by a signal's handler.

        Raises:
            KeyboardInterrupt: to interrupt a request that is under way. It does not leave the
                sender if there is a spool.

        """
        if self.lost is None:
            self.lost = reason
        if self._is_sending:
            raise KeyboardInterrupt(reason)

    def _send_batch(self, batch: Batch[SpecPayload]) -> None:
        self._try(lambda: self._upload.send(batch), [payload for payload, _ in batch])

    def _select_new(self, payloads: List[SpecPayload]) -> List[SpecPayload]:
        """Return the documents that the service lacks; all if it cannot say: uploads may repeat.

        Spack may give several specs one hash, so the service is asked for documents.
        """
        questions: List[Dict[str, str]] = []
        readable: List[SpecPayload] = []
        for payload in payloads:
            try:
                questions.append(payload.question())
            except OSError as error:
                self._report.add_refusal(payload.label, f"cannot be read: {error}")
            else:
                readable.append(payload)
        try:
            answer = self._client.post_json("/specs/missing", {"documents": questions})
        except RefusedError:
            return readable
        missing = {each["digest"] for each in answer.get("documents", questions)}
        new = [payload for payload, each in zip(readable, questions) if each["digest"] in missing]
        self._report.counts["known"] += len(readable) - len(new)
        return new

    def _post_archive(self, payload: Payload) -> None:
        # Packed before it is sent: the request needs the length, and may have to be repeated.
        with tempfile.SpooledTemporaryFile(_MAX_BYTES_IN_MEMORY) as file:
            payload.pack(file)
            length = file.tell()
            try:
                answer = self._client.post_packed("/documents", file, length, **payload.query)
            except RefusedError as error:
                self._report.add_refusal(payload.label, str(error))
                return
        self._report.add_documents(payload.label, answer)

    def _run(self, action: Callable[[], Result]) -> Result:
        self._is_sending = True
        try:
            return action()
        finally:
            self._is_sending = False

    def _try(self, action: Callable[[], Result], payloads: Iterable[Payload]) -> Optional[Result]:
        """Run an action or, if the service is or becomes unavailable, spool its payloads.

        Returns:
            The result of the action; None if it failed.

        Raises:
            UnavailableError: if the service is unavailable and there is no spool.
            NotAllowedError: if the service requires a token and there is no spool.
            KeyboardInterrupt: if it is interrupted and there is no spool.

        """
        try:
            if self.lost is None:
                return self._run(action)
        except OSError as error:  # from reading a payload: the client raises its own errors
            for payload in payloads:
                self._report.add_refusal(payload.label, f"cannot be read: {error}")
            return None
        except (UnavailableError, NotAllowedError, KeyboardInterrupt) as error:
            if self._spool is None:
                raise
            self.lost = str(error) or "interrupted"
        if self._spool is not None:
            for payload in payloads:
                self._spool.send_archive(payload)
        return None
