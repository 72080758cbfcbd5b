"""What the machine brings along: its loader, folders and libraries."""

from dataclasses import dataclass

from loaders.elf.facts import ElfFacts
from loaders.elf.relocations import X86_64

_GLIBC = (
    *("ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1", "ld64.so.2", "libc.so.6", "libm.so.6"),
    *("libpthread.so.0", "libdl.so.2", "librt.so.1", "libutil.so.1", "libresolv.so.2"),
    *("libmvec.so.1", "libanl.so.1", "libnsl.so.1", "libcrypt.so.1", "libBrokenLocale.so.1"),
)
_COMPILERS = (
    *("libgcc_s.so.1", "libstdc++.so.6", "libgfortran.so.5", "libquadmath.so.0", "libgomp.so.1"),
    *("libatomic.so.1", "libitm.so.1", "libasan.so.8", "libubsan.so.1"),
)
_DRIVERS = ("libcuda.so.1", "libnvidia-ml.so.1", "libhsa-runtime64.so.1", "libze_loader.so.1")


@dataclass(frozen=True, slots=True)
class System:
    """The machine on which a program is to start.

    Attributes:
        machine: e_machine of its processor.
        bits: 32 or 64.
        folders: Folders that the loader searches last, in order.
        assumed: Libraries that are taken to be there if no file of them is known, with all
            versions and symbols that programs want of them.
        unversioned: Those of them that define no versions, so that nothing can be said of a
            symbol that no known file defines.
        hardware: Folders below a searched folder that come before it, best first.
    """

    machine: int = X86_64
    bits: int = 64
    folders: tuple[str, ...] = ("/lib64", "/usr/lib64", "/lib", "/usr/lib")
    assumed: frozenset[str] = frozenset((*_GLIBC, *_COMPILERS, *_DRIVERS))
    unversioned: frozenset[str] = frozenset(_DRIVERS)
    hardware: tuple[str, ...] = ("glibc-hwcaps/x86-64-v3", "glibc-hwcaps/x86-64-v2")


def system_for(program: ElfFacts) -> System:
    """Return a machine for which a program is made."""
    if (program.machine, program.bits) == (X86_64, 64):
        return System()
    return System(machine=program.machine, bits=program.bits, hardware=())
