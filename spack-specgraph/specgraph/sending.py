"""Sending: only what is new, in bounded batches; or into a spool."""

import tempfile

from .client import NotAllowedError, RefusedError, UnavailableError
from .packing import joined

BATCH_BYTES = 4 << 20
BATCH_DOCUMENTS = 200
HASHES_AT_ONCE = 5000
_IN_MEMORY = 8 << 20


def batches(documents):
    """Lists of pairs of a document and its line, each list bounded.

    :param documents: each with a method `line`.
    """
    batch, size = [], 0
    for document in documents:
        line = document.line()
        if batch and (size + len(line) > BATCH_BYTES or len(batch) >= BATCH_DOCUMENTS):
            yield batch
            batch, size = [], 0
        batch.append((document, line))
        size += len(line)
    if batch:
        yield batch


def send_specs(client, batch, on_stored, on_refused, allow_unverified=False):
    """Send a batch. One that is refused is halved, until the bad document is found.

    :param on_stored: takes the documents that are stored now, and the service's answer.
    :param on_refused: takes a document and the reason.
    :raises UnavailableError: the service cannot be reached.
    """
    try:
        body = joined(line for _, line in batch)
        answer = client.post_packed("/specs", body, allow_unverified=allow_unverified or None)
    except RefusedError as error:
        if len(batch) == 1:
            on_refused(batch[0][0], str(error))
            return
        middle = len(batch) // 2
        for half in (batch[:middle], batch[middle:]):
            send_specs(client, half, on_stored, on_refused, allow_unverified)
        return
    on_stored([document for document, _ in batch], answer)


class ToService(object):
    """Sends pieces to the service; into a spool from when it is gone, if there is one.

    :ivar lost: why it goes into the spool; None while it does not.
    """

    def __init__(self, client, report, allow_unverified=False, spool=None):
        self.lost = None
        self._client = client
        self._report = report
        self._allow_unverified = allow_unverified
        self._spool = spool

    def specs(self, pieces, progress):
        """Send those spec documents that the service does not have as roots."""
        wanted = self._or_spool(lambda: self._new(pieces), pieces)
        if wanted is None:
            progress.step(len(pieces))
            return
        progress.step(len(pieces) - len(wanted))
        for batch in batches(wanted):
            of_batch = [piece for piece, _ in batch]
            self._or_spool(lambda batch=batch: self._send(batch), of_batch)
            progress.step(len(batch))

    def piece(self, piece):
        """Send anything else."""
        self._or_spool(lambda: self._send_archive(piece), [piece])

    def _new(self, pieces):
        missing = set()
        for start in range(0, len(pieces), HASHES_AT_ONCE):
            missing.update(self._missing([p.hash for p in pieces[start : start + HASHES_AT_ONCE]]))
        wanted = [piece for piece in pieces if piece.hash in missing]
        self._report.counts["known"] += len(pieces) - len(wanted)
        return wanted

    def _missing(self, hashes):
        """Those that the service lacks; all where it does not say, as it takes the same twice."""
        try:
            answer = self._client.post_json("/specs/missing", {"hashes": hashes, "roots": True})
        except RefusedError:
            return hashes
        return answer.get("missing", hashes)

    def _send(self, batch):
        send_specs(
            self._client,
            batch,
            lambda documents, answer: self._report.stored(answer),
            lambda piece, reason: self._report.refuse(piece.label, reason),
            self._allow_unverified,
        )

    def _send_archive(self, piece):
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
            piece.pack(file)
            length = file.tell()
            try:
                answer = self._client.post_packed("/documents", file, length, **piece.query)
            except RefusedError as error:
                self._report.refuse(piece.label, str(error))
                return
        self._report.evidence(piece.label, answer)

    def _or_spool(self, action, pieces):
        """Do it; else write the pieces into the spool, and all that come later.

        :raises UnavailableError, NotAllowedError, KeyboardInterrupt: there is no spool.
        """
        try:
            if self.lost is None:
                return action()
        except OSError as error:
            for piece in pieces:
                self._report.refuse(piece.label, "cannot be read: %s" % error)
            return None
        except (UnavailableError, NotAllowedError, KeyboardInterrupt) as error:
            if self._spool is None:
                raise
            self.lost = str(error) or "interrupted"
        for piece in pieces:
            self._spool.piece(piece)
        return None


class ToSpool(object):
    """Writes pieces into a spool."""

    lost = None

    def __init__(self, spool, report):
        self._spool = spool
        self._report = report

    def specs(self, pieces, progress):
        """Write spec documents."""
        for piece in pieces:
            self.piece(piece)
            progress.step()

    def piece(self, piece):
        """Write anything.

        :raises OSError: the spool cannot be written to.
        """
        new = self._spool.add(piece)
        self._report.counts["spooled" if new else "kept"] += 1
