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


def make_cache(
    repository: MavenRepository, folder: Path, maven_local: Path | None = None
) -> JarCache:
    return JarCache(folder, repository.artifacts(), maven_local=maven_local, first_pause=0.01)


def file_contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_downloads_every_pinned_file_into_repository_layout(
    repository: MavenRepository, tmp_path: Path
) -> None:
    jars = make_cache(repository, tmp_path).ensure_jars()
    assert jars == (tmp_path / "lib" / BIG, tmp_path / "lib" / SMALL)
    assert file_contents(tmp_path / "lib") == FILES


def test_complete_cache_makes_no_request(repository: MavenRepository, tmp_path: Path) -> None:
    make_cache(repository, tmp_path).ensure_jars()
    repository.requests.clear()
    make_cache(repository, tmp_path).ensure_jars()
    assert not repository.requests


def test_progress_ends_at_the_total(repository: MavenRepository, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    make_cache(repository, tmp_path).ensure_jars(lambda total, done: seen.append((total, done)))
    total = sum(map(len, FILES.values()))
    assert {of for of, _ in seen} == {total}
    assert seen[-1] == (total, total)
    assert all(0 <= done <= total for _, done in seen)


def test_interrupted_download_is_resumed(repository: MavenRepository, tmp_path: Path) -> None:
    repository.cut_after, repository.cuts_left = 700_000, 1
    del repository.files[SMALL]
    make_cache(repository, tmp_path).ensure_jars()
    assert file_contents(tmp_path / "lib") == {BIG: FILES[BIG]}
    [byte_range] = repository.ranges
    assert 0 < int(byte_range.removeprefix("bytes=").removesuffix("-")) <= 700_000


def test_next_start_resumes_a_failed_download(repository: MavenRepository, tmp_path: Path) -> None:
    del repository.files[SMALL]
    part = tmp_path / "lib" / (BIG + ".part")
    part.parent.mkdir(parents=True)
    part.write_bytes(FILES[BIG][:1000])
    make_cache(repository, tmp_path).ensure_jars()
    assert repository.ranges == ["bytes=1000-"]
    assert file_contents(tmp_path / "lib") == {BIG: FILES[BIG]}


def test_download_starts_over_if_the_server_does_not_support_ranges(
    repository: MavenRepository, tmp_path: Path
) -> None:
    repository.supports_ranges = False
    repository.cut_after, repository.cuts_left = 700_000, 1
    make_cache(repository, tmp_path).ensure_jars()
    assert file_contents(tmp_path / "lib") == FILES


def test_wrong_part_of_an_earlier_run_is_discarded(
    repository: MavenRepository, tmp_path: Path
) -> None:
    part = tmp_path / "lib" / (BIG + ".part")
    part.parent.mkdir(parents=True)
    part.write_bytes(bytes(2000))
    make_cache(repository, tmp_path).ensure_jars()
    assert file_contents(tmp_path / "lib") == FILES


def test_request_to_a_busy_server_is_retried(repository: MavenRepository, tmp_path: Path) -> None:
    repository.busy_left = 3
    make_cache(repository, tmp_path).ensure_jars()
    assert file_contents(tmp_path / "lib") == FILES


def test_content_other_than_the_pinned_one_is_never_stored(
    repository: MavenRepository, tmp_path: Path
) -> None:
    repository.wrong_bodies_left = 1000
    with pytest.raises(EmbeddedError, match="not the pinned one: sha256") as caught:
        make_cache(repository, tmp_path).ensure_jars()
    assert "SPECGRAPH_MAVEN_REPOSITORY" in caught.value.advice
    assert not {BIG, SMALL} & file_contents(tmp_path / "lib").keys()


def test_file_missing_from_the_repository_is_requested_once(
    repository: MavenRepository, tmp_path: Path
) -> None:
    cache = make_cache(repository, tmp_path)
    del repository.files[SMALL]
    with pytest.raises(EmbeddedError, match=f"HTTP 404 .*{SMALL}"):
        cache.ensure_jars()
    assert repository.requests[SMALL] == 1


def test_error_without_a_network_has_advice(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with MavenRepository(dict(FILES)) as repository:
        url, pinned = repository.url, repository.artifacts()
    monkeypatch.setenv("SPECGRAPH_MAVEN_REPOSITORY", url)
    with pytest.raises(EmbeddedError, match="Cannot download") as caught:
        JarCache(tmp_path, pinned, first_pause=0.01).ensure_jars()
    assert "the next start resumes the download" in caught.value.advice


def test_error_without_jgo_and_address_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("SPECGRAPH_MAVEN_REPOSITORY", raising=False)
    monkeypatch.setitem(sys.modules, "jgo.constants", None)
    with pytest.raises(EmbeddedError) as caught:
        JarCache(tmp_path, [Artifact(SMALL, 5, "0" * 64)]).ensure_jars()
    assert "pip install 'spack-specgraph[embedded]'" in caught.value.advice


def test_jar_is_copied_from_the_local_maven_repository(
    repository: MavenRepository, tmp_path: Path
) -> None:
    maven_local = tmp_path / "m2"
    (maven_local / BIG).parent.mkdir(parents=True)
    (maven_local / BIG).write_bytes(FILES[BIG])
    (maven_local / SMALL).parent.mkdir(parents=True)
    (maven_local / SMALL).write_bytes(b"other")  # right size, wrong content
    make_cache(repository, tmp_path / "cache", maven_local).ensure_jars()
    assert file_contents(tmp_path / "cache" / "lib") == FILES
    assert dict(repository.requests) == {SMALL: 1}


def test_two_processes_share_one_download(repository: MavenRepository, tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from service.embedded.artifacts import JarCache\n"
        "from service.embedded.pin import read_lock\n"
        "JarCache(Path(sys.argv[1]), read_lock(Path(sys.argv[2]))).ensure_jars()\n"
    )
    lock_file = tmp_path / "pinned.lock"
    pin.write_lock(repository.artifacts(), lock_file)
    command = [sys.executable, "-c", program, str(tmp_path / "cache"), str(lock_file)]
    (tmp_path / "cache").mkdir()
    with FileLock(tmp_path / "cache" / "download.lock"):  # makes both wait
        both = [subprocess.Popen(command) for _ in range(2)]
    assert [process.wait(60) for process in both] == [0, 0]
    assert file_contents(tmp_path / "cache" / "lib") == FILES
    assert dict(repository.requests) == {BIG: 1, SMALL: 1}


def test_error_for_a_cache_that_is_a_file_has_advice(
    repository: MavenRepository, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(EmbeddedError) as caught:
        make_cache(repository, tmp_path / "file").ensure_jars()
    assert "SPECGRAPH_CACHE_DIR" in caught.value.advice


@pytest.mark.parametrize(
    ("code", "phrase"),
    [
        (errno.ENOSPC, "is full"),
        (errno.EDQUOT, "is full"),
        (errno.EROFS, "cannot be written"),
        (errno.EACCES, "cannot be written"),
        (errno.EIO, "Cannot use"),
    ],
)
def test_failed_write_names_its_folder_and_has_advice(code: int, phrase: str) -> None:
    error = file_error(OSError(code, os.strerror(code)), Path("/place"), "the cache", "set X")
    assert phrase in error.message
    assert "/place" in error.message
    assert "set X" in error.advice


def test_cache_folder_can_be_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SPECGRAPH_CACHE_DIR", str(tmp_path))
    assert artifacts.cache_dir() == tmp_path / "neo4j" / pin.NEO4J_VERSION


def test_pinned_list_has_server_and_browser_and_no_duplicates() -> None:
    pinned = pin.read_lock()
    paths = [artifact.path for artifact in pinned]
    names = {path.rpartition("/")[2] for path in paths}
    assert len(set(paths)) == len(paths) == 214
    assert {f"neo4j-{pin.NEO4J_VERSION}.jar", f"neo4j-server-{pin.NEO4J_VERSION}.jar"} < names
    assert any(name.startswith("neo4j-browser-") for name in names)


def test_pinned_list_is_unchanged_by_writing_and_reading(tmp_path: Path) -> None:
    for path, body in FILES.items():
        (tmp_path / "m2" / path).parent.mkdir(parents=True)
        (tmp_path / "m2" / path).write_bytes(body)
    found = pin.scan_repository(tmp_path / "m2")
    pin.write_lock(found, tmp_path / "list.lock")
    assert pin.read_lock(tmp_path / "list.lock") == found
    assert [artifact.path for artifact in found] == [BIG, SMALL]


def test_path_out_of_the_cache_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "list.lock").write_text("../x.jar 1 00\n")
    with pytest.raises(ValueError, match="not a path inside"):
        pin.read_lock(tmp_path / "list.lock")
