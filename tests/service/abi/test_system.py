"""The machine on which a program is judged."""

import pytest

from loaders.elf.facts import EXECUTABLE, ElfFacts
from loaders.elf.relocations import AARCH64, PPC64, X86, X86_64
from service.abi.files import FileTree
from service.abi.system import system_for
from service.abi.verdict import Verdict, judge


@pytest.mark.parametrize(("machine", "bits"), [(X86_64, 64), (AARCH64, 64), (PPC64, 64), (X86, 32)])
def test_a_program_is_judged_on_its_own_machine(machine: int, bits: int) -> None:
    program = ElfFacts(bits, True, 0, machine, EXECUTABLE, "/lib/ld.so", is_dynamic=True)
    tree = FileTree({"/bin/tool": program})
    assert judge(["/bin/tool"], tree, system_for(program)).verdict is Verdict.LOADS
    other = AARCH64 if machine == X86_64 else X86_64
    found = judge(["/bin/tool"], tree, system_for(ElfFacts(64, True, 0, other, EXECUTABLE)))
    assert [str(each.kind) for each in found.findings] == ["wrong-machine"]
