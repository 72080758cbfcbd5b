"""The heat map: steps of success, the order of its columns, the values left out."""

from service.queries.matrix import MatrixCell, SuccessMatrix
from service.web.matrix import heat_map


def cell(package: str, value: str, succeeded: int, failed: int, skipped: int = 0) -> MatrixCell:
    return {"package": package, "value": value, "succeeded": succeeded, "failed": failed,
            "skipped": skipped, "other": 0, "last": "failed"}  # fmt: skip


def matrix_of(by: str, cells: list[MatrixCell]) -> SuccessMatrix:
    packages = sorted({each["package"] for each in cells})
    values = sorted({each["value"] for each in cells})
    return SuccessMatrix(by, packages, values, cells)


def test_cells_show_success_in_steps() -> None:
    shares = [(0, 3), (1, 99), (1, 1), (99, 1), (3, 0)]
    cells = [cell("a", f"{n}.0", *share) for n, share in enumerate(shares)]
    cells.append(cell("a", "5.0", 0, 0, 2))
    (row,) = heat_map(matrix_of("version", cells), "name", 0, "").rows
    steps = [each.step for each in row.cells if each]
    assert steps == ["s0", "s1", "s2", "s3", "s4", "skipped"]
    assert (row.succeeded, row.tried) == (104, 208)


def test_columns_are_in_the_order_of_versions() -> None:
    values = ["1.10", "1.9", "develop", "1.9rc1"]
    cells = [cell("a", value, 1, 0) for value in values]
    found = heat_map(matrix_of("version", cells), "name", 0, "")
    assert found.columns == ["1.9rc1", "1.9", "1.10", "develop"]
    cells = [cell("a", f"gcc@{value}", 1, 0) for value in ("9.1", "12.2")]
    cells += [cell("a", "(none)", 1, 0), cell("b", "apple@1", 0, 1)]
    found = heat_map(matrix_of("compiler", cells), "failures", 0, "")
    assert found.columns == ["apple@1", "gcc@9.1", "gcc@12.2", "(none)"]
    assert [row.package for row in found.rows] == ["b", "a"]


def test_many_packages_are_paged_and_rare_values_left_out() -> None:
    cells = [cell(f"p{number:03}", "1.0", 1, 0) for number in range(100)]
    cells += [cell("p000", f"2.{number}", 1, 0) for number in range(100)]
    found = heat_map(matrix_of("version", cells), "name", 0, "")
    assert (len(found.rows), len(found.columns), found.left_out) == (60, 40, 61)
    rest = heat_map(matrix_of("version", cells), "name", 60, "")
    assert (len(rest.rows), rest.columns, rest.left_out) == (40, ["1.0"], 0)
