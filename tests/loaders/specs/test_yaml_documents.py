"""`spec.yaml`, as Spack up to 0.16 kept it, against the same document as JSON."""

import io
import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from loaders.errors import DocumentError, Fault
from loaders.limits import Limits, applied
from loaders.specs.document import parse_document
from loaders.specs.yaml_documents import looks_like_spec_yaml, yaml_to_json
from tests.documents import CASES, dumped


def dump_yaml12(value: object) -> bytes:
    """Dump as Spack 0.12 to 0.16 did: YAML 1.2, in block style."""
    stream = io.BytesIO()
    dumper = YAML(typ="safe", pure=True)
    dumper.default_flow_style = False
    dumper.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    dumper.dump(value, stream)
    return stream.getvalue()


def dump_yaml11(value: object) -> bytes:
    """Dump as Spack up to 0.11 did: YAML 1.1."""
    return yaml.safe_dump(value, sort_keys=False, default_flow_style=False).encode()


def test_a_document_is_verified_as_its_json_is() -> None:
    raw = (CASES / "format1-external-null.json").read_bytes()
    converted = yaml_to_json(dump_yaml12(json.loads(raw)))
    assert json.loads(converted) == json.loads(raw)
    parsed = parse_document(converted)
    assert parsed.root.hash == parse_document(raw).root.hash
    assert parsed.unverified_nodes == ()


_WORDS = st.sampled_from(
    [
        "on",
        "yes",
        "No",
        "1.10",
        "1e5",
        "0o7",
        "010",
        "null",
        "~",
        "2020-01-01",
        "",
        "true",
        "<<",
        "=",
    ]
)
_TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")), max_size=9)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | _WORDS | _TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_WORDS | _TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(value=_VALUES)
@pytest.mark.parametrize("dump", [dump_yaml11, dump_yaml12])
def test_values_survive_both_dumpers(dump: Any, value: object) -> None:
    document = {"spec": [{"a": value}]}
    assert json.loads(yaml_to_json(dump(document))) == document


def test_a_null_of_the_flow_style_is_read() -> None:
    assert json.loads(yaml_to_json(b"spec:\n- a: {module: !!null ''}\n")) == {
        "spec": [{"a": {"module": None}}]
    }


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (b"spec:\n- a: [\n", Fault.MALFORMED),
        (b"spec:\n- a: \xff\n", Fault.MALFORMED),
        (b"spec:\n- a: \x00\n", Fault.MALFORMED),
        (b"spec:\n  containers: 1\n", Fault.UNSUPPORTED),
        (b"", Fault.UNSUPPORTED),
        (b"spec:\n- a: 1\n  a: 2\n", Fault.INVALID),
        (b"spec:\n- ? [x]\n  : 2\n", Fault.INVALID),
        (b"spec:\n- &a [*a]\n", Fault.MALFORMED),
        (b"spec: [" + b"[" * 5000, Fault.MALFORMED),
        (b"spec:\n- !!python/object/apply:os.system ['true']\n", None),
    ],
)
def test_broken_and_hostile_texts_are_refused(raw: bytes, fault: Fault | None) -> None:
    if fault is None:
        assert json.loads(yaml_to_json(raw)) == {"spec": [["true"]]}
        return
    with pytest.raises(DocumentError) as caught:
        yaml_to_json(raw)
    assert caught.value.fault is fault


def test_aliases_are_expanded_within_a_limit() -> None:
    assert json.loads(yaml_to_json(b"spec:\n- &a {x: 1}\n- *a\n")) == {"spec": [{"x": 1}, {"x": 1}]}
    lines = [b"- &a0 [x, x]", *(b"- &a%d [*a%d, *a%d]" % (n, n - 1, n - 1) for n in range(1, 40))]
    with applied(Limits(yaml_values=1000)), pytest.raises(DocumentError) as caught:
        yaml_to_json(b"spec:\n" + b"\n".join(lines))
    assert caught.value.fault is Fault.TOO_LARGE


def test_other_files_do_not_look_like_a_spec() -> None:
    assert looks_like_spec_yaml(b"spec:\n- zlib:\n")
    assert not looks_like_spec_yaml(b"spack:\n  specs: []\n")
    assert not looks_like_spec_yaml(dumped({"spec": []}))
