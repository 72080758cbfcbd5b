"""Convert `spec.yaml`, in which Spack up to 0.16 kept the spec of an installed package, to JSON.

Only the words of YAML 1.2 are read as anything but text: `yes`, `on`, dates and numbers in other
bases are strings there, and Spack up to 0.11, which wrote YAML 1.1, quoted such strings.
"""

import json
import re
from typing import Any

import yaml

from loaders import limits
from loaders.errors import DocumentError, Fault
from loaders.specs.checks import decode_error

_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULL_TAG = "tag:yaml.org,2002:null"
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)\Z")
# `1e5` and `1.5e5` are numbers in YAML 1.2 only. Spack writes no such numbers, but may have such
# versions in YAML 1.1.
_FLOAT = re.compile(r"[-+]?[0-9]+\.[0-9]*(?:[eE][-+][0-9]+)?\Z")


def looks_like_spec_yaml(head: bytes) -> bool:
    """Return whether a file may be a `spec.yaml`, by its first bytes."""
    return head.lstrip().startswith((b"spec:\n", b"spec:\r\n"))


def yaml_to_json(raw: bytes) -> bytes:
    """Return a spec document in YAML as JSON, with its keys in the same order.

    Raises:
        DocumentError: It is not YAML, too large, or not a spec document.
    """
    most = limits.current().yaml_bytes
    if len(raw) > most:
        raise DocumentError(Fault.TOO_LARGE, f"YAML of more than {most >> 20} MiB")
    try:
        _count_events(raw)
        plain = _Converter().convert(yaml.compose(raw, Loader=_LOADER))
        if not isinstance(plain, dict) or not isinstance(plain.get("spec"), list):
            raise DocumentError(Fault.UNSUPPORTED, "not a spec document")
        return json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" at line {mark.line + 1}" if mark is not None else ""
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "not YAML"
        raise DocumentError(Fault.MALFORMED, f"not YAML: {problem}{place}") from error
    except (UnicodeError, RecursionError) as error:
        if isinstance(error, RecursionError):
            raise decode_error(error) from error
        raise DocumentError(Fault.MALFORMED, "not UTF-8") from error


def _count_events(raw: bytes) -> None:
    """Refuse too many values before there is a node for each, which takes a kilobyte.

    Raises:
        DocumentError: There are too many.
    """
    most = limits.current().yaml_values
    for number, _ in enumerate(yaml.parse(raw, Loader=_LOADER)):
        # The start and end of the stream, the document, and of nested values are events, too.
        if number > 2 * most + 4:
            raise _too_many_error(most)
        limits.spend()


def _too_many_error(most: int) -> DocumentError:
    return DocumentError(Fault.TOO_LARGE, f"YAML with more than {most} values")


class _Converter:
    """Converts nodes of YAML to plain values; aliases are expanded within a limit."""

    def __init__(self) -> None:
        self._values = 0
        self._most = limits.current().yaml_values

    def convert(self, node: yaml.Node | None) -> object:
        self._values += 1
        if self._values > self._most:
            raise _too_many_error(self._most)
        limits.spend()
        if isinstance(node, yaml.MappingNode):
            return self._convert_mapping(node)
        if isinstance(node, yaml.SequenceNode):
            return [self.convert(each) for each in node.value]
        return _convert_scalar(node) if isinstance(node, yaml.ScalarNode) else None

    def _convert_mapping(self, node: yaml.MappingNode) -> dict[str, object]:
        converted: dict[str, object] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.value in converted:
                line = key.start_mark.line + 1
                raise DocumentError(Fault.INVALID, f"a repeated or bad key at line {line}")
            self._values += 1
            converted[key.value] = self.convert(value)
        return converted


def _convert_scalar(node: yaml.ScalarNode) -> object:
    text: str = node.value
    if node.tag == _NULL_TAG:
        return None
    if node.style:
        return text
    if text in ("true", "True", "TRUE", "false", "False", "FALSE"):
        return text.lower() == "true"
    # Longer digits are hashes or text; converting them would take quadratic time.
    if len(text) <= 20 and _INTEGER.match(text):
        return int(text)
    if len(text) <= 40 and _FLOAT.match(text):
        return float(text)
    return text
