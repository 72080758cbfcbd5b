"""A launcher: becomes another program that ends when the process that started it ends.

It runs by path, with only the standard library, so that it takes milliseconds:

    python -I -S child.py STARTER_PID NICENESS PROGRAM [ARGUMENT...]

On Linux the kernel sends SIGTERM when the *thread* that started this process ends, so it must be
started from a thread that lives as long as the program should.
"""

import contextlib
import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main(arguments: list[str]) -> None:
    """Bind this process to the life of its starter, then become the program.

    Args:
        arguments: pid of the starter, niceness, path of the program, and its arguments.

    Raises:
        OSError: if the process cannot be bound or the program cannot be run.

    """
    starter, niceness, program = int(arguments[0]), int(arguments[1]), arguments[2]
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != starter:  # the starter ended before the call above
        sys.exit(1)
    if niceness:
        os.nice(niceness)
        # Linux may schedule whole sessions (autogroups) against each other, so that niceness
        # alone has no effect: lower the priority of this session as well.
        # Without pathlib, whose import takes longer than the rest of this program.
        with contextlib.suppress(OSError), open("/proc/self/autogroup", "w") as group:  # noqa: PTH123
            group.write(str(niceness))
    os.execv(program, arguments[2:])  # noqa: S606 - becoming this program is the purpose


if __name__ == "__main__":
    main(sys.argv[1:])
