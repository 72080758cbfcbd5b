import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from service.embedded import artifacts, pin
from service.embedded.artifacts import JarCache
from service.embedded.errors import EmbeddedError, file_error
from service.embedded.pin import Artifact
from tests.embedded.maven_repository import MavenRepository

BIG = "org/example/big/1/big-1.jar"
SMALL = "org/example/small/1/small-1.jar"
FILES = {BIG: os.urandom(1 << 20), SMALL: b"small"}


@pytest.fixture
def repository(monkeypatch: pytest.MonkeyPatch) -> Iterator[MavenRepository]:
    with MavenRepository(dict(FILES)) as repository:
        monkeypatch.setenv("SPECGRAPH_MAVEN_REPOSITORY", repository.url)
        yield repository


def cache_of(
    repository: MavenRepository, folder: Path, maven_local: Path | None = None
) -> JarCache:
    return JarCache(folder, repository.artifacts(), maven_local=maven_local, first_pause=0.01)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_downloads_every_pinned_file_into_repository_layout(
    repository: MavenRepository, tmp_path: Path
) -> None:
    jars = cache_of(repository, tmp_path).ensure()
    assert jars == (tmp_path / "lib" / BIG, tmp_path / "lib" / SMALL)
    assert contents(tmp_path / "lib") == FILES


def test_a_full_cache_asks_the_network_for_nothing(
    repository: MavenRepository, tmp_path: Path
) -> None:
    cache_of(repository, tmp_path).ensure()
    repository.requests.clear()
    cache_of(repository, tmp_path).ensure()
    assert not repository.requests


def test_progress_ends_at_the_total(repository: MavenRepository, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    cache_of(repository, tmp_path).ensure(lambda total, done: seen.append((total, done)))
    total = sum(map(len, FILES.values()))
    assert {of for of, _ in seen} == {total}
    assert seen[-1] == (total, total)
    assert all(0 <= done <= total for _, done in seen)


def test_a_download_that_was_cut_off_goes_on_where_it_stopped(
    repository: MavenRepository, tmp_path: Path
) -> None:
    repository.cut_after, repository.cuts_left = 700_000, 1
    del repository.files[SMALL]
    cache_of(repository, tmp_path).ensure()
    assert contents(tmp_path / "lib") == {BIG: FILES[BIG]}
    [asked] = repository.ranges
    assert 0 < int(asked.removeprefix("bytes=").removesuffix("-")) <= 700_000


def test_the_next_start_goes_on_where_the_last_one_failed(
    repository: MavenRepository, tmp_path: Path
) -> None:
    del repository.files[SMALL]
    part = tmp_path / "lib" / (BIG + ".part")
    part.parent.mkdir(parents=True)
    part.write_bytes(FILES[BIG][:1000])
    cache_of(repository, tmp_path).ensure()
    assert repository.ranges == ["bytes=1000-"]
    assert contents(tmp_path / "lib") == {BIG: FILES[BIG]}


def test_a_server_without_ranges_makes_the_file_start_over(
    repository: MavenRepository, tmp_path: Path
) -> None:
    repository.knows_ranges = False
    repository.cut_after, repository.cuts_left = 700_000, 1
    cache_of(repository, tmp_path).ensure()
    assert contents(tmp_path / "lib") == FILES


def test_a_wrong_part_from_an_earlier_run_is_thrown_away(
    repository: MavenRepository, tmp_path: Path
) -> None:
    part = tmp_path / "lib" / (BIG + ".part")
    part.parent.mkdir(parents=True)
    part.write_bytes(bytes(2000))
    cache_of(repository, tmp_path).ensure()
    assert contents(tmp_path / "lib") == FILES


def test_a_busy_server_is_asked_again(repository: MavenRepository, tmp_path: Path) -> None:
    repository.busy_left = 3
    cache_of(repository, tmp_path).ensure()
    assert contents(tmp_path / "lib") == FILES


def test_a_body_that_is_not_the_pinned_one_never_gets_into_place(
    repository: MavenRepository, tmp_path: Path
) -> None:
    repository.wrong_bodies_left = 1000
    with pytest.raises(EmbeddedError, match="not the pinned one: sha256") as caught:
        cache_of(repository, tmp_path).ensure()
    assert "SPECGRAPH_MAVEN_REPOSITORY" in caught.value.advice
    assert not {BIG, SMALL} & contents(tmp_path / "lib").keys()


def test_a_file_that_the_repository_lacks_is_asked_for_once(
    repository: MavenRepository, tmp_path: Path
) -> None:
    cache = cache_of(repository, tmp_path)
    del repository.files[SMALL]
    with pytest.raises(EmbeddedError, match=f"HTTP 404 .*{SMALL}"):
        cache.ensure()
    assert repository.requests[SMALL] == 1


def test_no_network_is_told_with_a_way_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with MavenRepository(dict(FILES)) as repository:
        url, pinned = repository.url, repository.artifacts()
    monkeypatch.setenv("SPECGRAPH_MAVEN_REPOSITORY", url)
    with pytest.raises(EmbeddedError, match="Cannot fetch") as caught:
        JarCache(tmp_path, pinned, first_pause=0.01).ensure()
    assert "starting again goes on" in caught.value.advice


def test_without_jgo_and_address_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("SPECGRAPH_MAVEN_REPOSITORY", raising=False)
    monkeypatch.setitem(sys.modules, "jgo.constants", None)
    with pytest.raises(EmbeddedError) as caught:
        JarCache(tmp_path, [Artifact(SMALL, 5, "0" * 64)]).ensure()
    assert "pip install 'spack-specgraph[embedded]'" in caught.value.advice


def test_a_jar_in_the_local_maven_repository_is_taken_from_there(
    repository: MavenRepository, tmp_path: Path
) -> None:
    maven_local = tmp_path / "m2"
    (maven_local / BIG).parent.mkdir(parents=True)
    (maven_local / BIG).write_bytes(FILES[BIG])
    (maven_local / SMALL).parent.mkdir(parents=True)
    (maven_local / SMALL).write_bytes(b"other")  # right size, wrong content
    cache_of(repository, tmp_path / "cache", maven_local).ensure()
    assert contents(tmp_path / "cache" / "lib") == FILES
    assert dict(repository.requests) == {SMALL: 1}


def test_two_processes_share_one_download(repository: MavenRepository, tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from service.embedded.artifacts import JarCache\n"
        "from service.embedded.pin import read_lock\n"
        "JarCache(Path(sys.argv[1]), read_lock(Path(sys.argv[2]))).ensure()\n"
    )
    lock_file = tmp_path / "pinned.lock"
    pin.write_lock(repository.artifacts(), lock_file)
    command = [sys.executable, "-c", program, str(tmp_path / "cache"), str(lock_file)]
    (tmp_path / "cache").mkdir()
    with FileLock(tmp_path / "cache" / "download.lock"):  # so that both have to wait
        both = [subprocess.Popen(command) for _ in range(2)]
    assert [process.wait(60) for process in both] == [0, 0]
    assert contents(tmp_path / "cache" / "lib") == FILES
    assert dict(repository.requests) == {BIG: 1, SMALL: 1}


def test_a_cache_that_cannot_be_a_folder_is_told_with_a_way_out(
    repository: MavenRepository, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(EmbeddedError) as caught:
        cache_of(repository, tmp_path / "file").ensure()
    assert "SPECGRAPH_CACHE_DIR" in caught.value.advice


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (errno.ENOSPC, "is full"),
        (errno.EDQUOT, "is full"),
        (errno.EROFS, "cannot be written"),
        (errno.EACCES, "cannot be written"),
        (errno.EIO, "Cannot use"),
    ],
)
def test_each_failed_write_names_its_folder_and_a_way_out(code: int, said: str) -> None:
    error = file_error(OSError(code, os.strerror(code)), Path("/place"), "the cache", "set X")
    assert said in error.message
    assert "/place" in error.message
    assert "set X" in error.advice


def test_the_cache_folder_can_be_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SPECGRAPH_CACHE_DIR", str(tmp_path))
    assert artifacts.cache_dir() == tmp_path / "neo4j" / pin.NEO4J_VERSION


def test_the_pinned_list_holds_server_and_browser_and_every_file_once() -> None:
    pinned = pin.read_lock()
    paths = [artifact.path for artifact in pinned]
    names = {path.rpartition("/")[2] for path in paths}
    assert len(set(paths)) == len(paths) == 214
    assert {f"neo4j-{pin.NEO4J_VERSION}.jar", f"neo4j-server-{pin.NEO4J_VERSION}.jar"} < names
    assert any(name.startswith("neo4j-browser-") for name in names)


def test_the_list_is_the_same_after_writing_and_reading(tmp_path: Path) -> None:
    for path, body in FILES.items():
        (tmp_path / "m2" / path).parent.mkdir(parents=True)
        (tmp_path / "m2" / path).write_bytes(body)
    found = pin.scan_repository(tmp_path / "m2")
    pin.write_lock(found, tmp_path / "list.lock")
    assert pin.read_lock(tmp_path / "list.lock") == found
    assert [artifact.path for artifact in found] == [BIG, SMALL]


def test_a_list_that_leads_out_of_the_cache_is_refused(tmp_path: Path) -> None:
    (tmp_path / "list.lock").write_text("../x.jar 1 00\n")
    with pytest.raises(ValueError, match="not a path inside"):
        pin.read_lock(tmp_path / "list.lock")
