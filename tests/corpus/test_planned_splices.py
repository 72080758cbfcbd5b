"""All recorded splices of the corpus, planned again; skipped without it."""

from pathlib import Path

from tools.splice_figures import Agreement, compare_all, figures

PAGE = Path(__file__).parents[2] / "docs" / "planning.md"


def test_every_recorded_splice_is_planned_again(corpus: Path) -> None:
    comparisons = [each for found in compare_all(corpus).values() for each in found]
    assert len(comparisons) > 150
    for each in comparisons:
        consistent = each.case.get("recomputed_json_hashes_consistent")
        if consistent or each.case["kind"] == "automatic":
            assert each.agreement is Agreement.EQUAL, each.case["id"]
        assert each.agreement is not Agreement.DIFFERENT, each.case["id"]
        assert each.claimed is not False, each.case["id"]


def test_hashes_are_predicted_for_all_inputs_that_are_not_spliced(corpus: Path) -> None:
    for found in compare_all(corpus).values():
        for each in found:
            if each.case.get("base_spliced") is each.case.get("replacement_spliced") is False:
                assert each.claimed is True, each.case["id"]


def test_the_table_of_figures_is_current(corpus: Path) -> None:
    assert figures(corpus) in PAGE.read_text("utf-8")
