"""Compare the page of supported documents with the readers."""

from pathlib import Path

import pytest

from loaders.errors import DocumentError, Fault
from loaders.known_versions import SUPPORT_TABLE, Format
from loaders.pipeline.kinds import KINDS
from tests.loaders.pipeline.test_whole_or_nothing import UNKNOWN
from tools.format_docs import all_formats, formats_markdown

ROOT = Path(__file__).parents[2]
VERSIONED = [each for each in all_formats() if each.pointer]


def test_the_page_is_generated_from_the_readers() -> None:
    assert (ROOT / SUPPORT_TABLE).read_text("utf-8") == formats_markdown()


def test_every_kind_declares_what_it_reads() -> None:
    assert [kind.name for kind in KINDS if not kind.formats] == []
    assert all(each.versions and each.kept for each in all_formats())


@pytest.mark.parametrize("known", VERSIONED, ids=lambda each: each.subject)
def test_the_version_after_the_last_is_refused(known: Format) -> None:
    for version in known.known:
        assert known.check(version) == version
    following = str(int(known.known[-1]) + 1)
    for other in (following, "99", int(following), "", None, True):
        with pytest.raises(DocumentError, match=SUPPORT_TABLE) as caught:
            known.check(other)
        assert caught.value.fault is Fault.UNKNOWN_FORMAT
        assert caught.value.pointer == known.pointer


def test_known_versions_are_named_in_words() -> None:
    words = {each.subject: str(each.unknown("99").detail) for each in VERSIONED}
    assert "known are 0.9.3 and 5 to 9, see" in words["index of a store or build cache"]
    assert "of version 99 cannot be read; known are 1 to 6, see" in words["spec document"]
    assert "known are 3, see" in words["manifest of a build cache"]


def test_documents_of_every_versioned_format_are_tried_with_an_unknown_version() -> None:
    tried = {known.subject for _, _, known in UNKNOWN.values() if known}
    assert tried == {each.subject for each in VERSIONED}
