"""Types of relocations that treat symbols in a special way, for each machine."""

from collections.abc import Mapping

from loaders.elf.facts import Use

X86, PPC64, ARM, X86_64, AARCH64, RISCV = 3, 21, 40, 62, 183, 243
"""Values of e_machine (https://www.sco.com/developers/gabi/latest/ch4.eheader.html)."""


def _uses(copy: int, call: int, *thread_local: int) -> Mapping[int, Use]:
    special = dict.fromkeys(thread_local, Use.THREAD_LOCAL)
    return {copy: Use.COPY, call: Use.CALL, **special}


# From the processor supplements of the System V ABI, as in glibc's <elf.h>: R_*_COPY,
# R_*_JUMP_SLOT, then DTPMOD, DTPOFF, TPOFF and TLSDESC.
USES: Mapping[int, Mapping[int, Use]] = {
    X86: _uses(5, 7, 14, 35, 36, 37, 41),
    PPC64: _uses(19, 21, 68, 73, 78),
    ARM: _uses(20, 22, 17, 18, 19, 13),
    X86_64: _uses(5, 7, 16, 17, 18, 36),
    AARCH64: _uses(1024, 1026, 1028, 1029, 1030, 1031),
    RISCV: _uses(4, 5, 6, 7, 8, 9, 10, 11),
}
"""The use of a symbol by machine and type of relocation; types that are not here are plain."""
