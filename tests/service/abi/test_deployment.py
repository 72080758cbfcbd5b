"""Paths of prefixes in files that were read anywhere."""

import pytest

from loaders.elf.facts import SHARED, ElfFacts
from loaders.elf.relocations import X86_64
from service.abi.deployment import SpecFiles, locate, rewire

HASH = "abcdefghijklmnopqrstuvwxyz234567"
OTHER = "765432zyxwvutsrqponmlkjihgfedcba"


@pytest.mark.parametrize(
    ("own", "path", "expected"),
    [
        ("/opt/app", "/opt/app/lib:/opt/apps/lib", f"/{HASH}/lib:/opt/apps/lib"),
        ("/opt/app", f"/old/app-1.0-{HASH}/lib", f"/{HASH}/lib"),
        ("/opt/app", f"$ORIGIN/../lib:/opt/mpi-{OTHER}/lib64", f"$ORIGIN/../lib:/{OTHER}/lib64"),
        ("/opt/app", f"/opt/app-{HASH}/share/mpi_{OTHER}/lib", f"/{OTHER}/lib"),
        ("/opt/app", f"/opt/mpi{OTHER}/lib", f"/opt/mpi{OTHER}/lib"),
        ("/opt/app", f"/opt/mpi-{OTHER}x/lib", f"/opt/mpi-{OTHER}x/lib"),
        ("", f"/opt/mpi-{OTHER}/lib:/usr/lib", f"/{OTHER}/lib:/usr/lib"),
    ],
)
def test_a_hash_stands_for_a_prefix(own: str, path: str, expected: str) -> None:
    facts = ElfFacts(64, True, 0, X86_64, SHARED, is_dynamic=True, runpath=path)
    found = locate(SpecFiles(HASH, {"lib/libapp.so": facts}, {"lib64": "lib"}), own)
    assert found.files["lib/libapp.so"].runpath == expected
    assert found.links == {"lib64": "lib"}


def test_a_splice_has_the_files_of_its_build_spec_with_other_prefixes() -> None:
    spliced, new = "a" * 32, "b" * 32
    facts = ElfFacts(
        *(64, True, 0, X86_64, SHARED),
        is_dynamic=True,
        rpath=f"/{HASH}/lib:/{OTHER}/lib64:/usr/lib",
        needed=("libc.so.6", f"/{OTHER}/lib/libx.so"),
    )
    files = SpecFiles(HASH, {"lib/libapp.so": facts}, {"lib/libx.so": f"/{OTHER}/lib/libx.so"})
    made = rewire(files, spliced, {HASH: spliced, OTHER: new})
    assert made.hash == spliced
    moved = made.files["lib/libapp.so"]
    assert moved.rpath == f"/{spliced}/lib:/{new}/lib64:/usr/lib"
    assert moved.needed == ("libc.so.6", f"/{new}/lib/libx.so")
    assert made.links == {"lib/libx.so": f"/{new}/lib/libx.so"}
    assert files.files["lib/libapp.so"] is facts
