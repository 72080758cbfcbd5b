import subprocess
import sys
from pathlib import Path

CONFTEST = """
import pytest
from tests.order import arrange_items

@pytest.fixture
def shared_graph(): ...
@pytest.fixture
def database(): ...
@pytest.fixture
def lab(shared_graph): ...
@pytest.fixture
def client(lab): ...

def pytest_configure(config):
    config.addinivalue_line("markers", "embedded: waits")
    config.addinivalue_line("markers", "clears_plans: comes first")

def pytest_collection_modifyitems(items):
    items[:] = arrange_items(items)
"""
MIXED = """
import pytest

@pytest.fixture
def other(shared_graph): ...
@pytest.fixture
def client(client): ...

def test_empties(database): ...
def test_lab(lab, monkeypatch): ...
def test_other(other): ...
def test_nothing(): ...
def test_lab_again(tmp_path, lab): ...
def test_client(client): ...
"""
WAITING = """
import pytest

def test_before(): ...
@pytest.mark.embedded
def test_starts_java(): ...
"""
PLAIN = "def test_plain(): ...\n"
LAB = "def test_lab(lab): ...\n"
CLEARING = """
import pytest
pytestmark = pytest.mark.clears_plans

def test_plans(lab): ...
"""


def test_tests_of_a_graph_follow_each_other_and_files_that_wait_alternate(tmp_path: Path) -> None:
    files = {"conftest.py": CONFTEST, "test_a.py": PLAIN, "test_b.py": MIXED, "test_c.py": WAITING}
    files |= {"test_d.py": WAITING, "test_e.py": PLAIN, "test_f.py": LAB, "test_g.py": CLEARING}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:randomly"]
    command += ["-c", "/dev/null", "--rootdir", str(tmp_path), str(tmp_path)]
    root = Path(__file__).parents[1]
    output = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    assert [line for line in output.splitlines() if "::" in line] == [
        "test_g.py::test_plans",
        "test_c.py::test_before",
        "test_c.py::test_starts_java",
        "test_a.py::test_plain",
        "test_d.py::test_before",
        "test_d.py::test_starts_java",
        "test_f.py::test_lab",
        "test_b.py::test_client",
        "test_b.py::test_lab",
        "test_b.py::test_lab_again",
        "test_b.py::test_other",
        "test_b.py::test_empties",
        "test_b.py::test_nothing",
        "test_e.py::test_plain",
    ]
