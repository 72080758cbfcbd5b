"""Large logs generated on the fly."""

import io


class Repeated(io.RawIOBase):
    """A block repeated up to a number of bytes, never held in memory more than once."""

    def __init__(self, block: bytes, size: int) -> None:
        self._block = block
        self._left = size
        self._place = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        part = self._block[self._place : self._place + min(len(buffer), self._left)]
        buffer[: len(part)] = part
        self._left -= len(part)
        self._place = (self._place + len(part)) % len(self._block)
        return len(part)


def repeated(block: bytes, size: int) -> io.BufferedReader:
    return io.BufferedReader(Repeated(block, size))
