"""Write YAML in flow style on one line, as the releases of Spack did that hashed YAML.

Spack 0.12 to 0.16 used the round-trip dumper of its own ruamel.yaml 0.11, which follows YAML 1.2:
null is `!!null ''`, words such as `on` and `yes` are plain, and strings that YAML 1.2 reads as
numbers are quoted. Older releases used PyYAML, which follows YAML 1.1. The rest of their emitters
is the same as in PyYAML today.
"""

import re

import yaml

_TAG = "tag:yaml.org,2002:"

# Tags of plain words in YAML 1.2, by pattern and possible first characters. ruamel.yaml 0.11 keeps
# two things of YAML 1.1: a leading 0 makes an integer, and floats may be in base 60.
_WORDS: tuple[tuple[str, str, str], ...] = (
    ("bool", r"(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    (
        "float",
        r"(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?"
        r"|[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+"
        r"|\.[0-9_]+(?:[eE][-+][0-9]+)?"
        r"|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*"
        r"|[-+]?\.(?:inf|Inf|INF)"
        r"|\.(?:nan|NaN|NAN))$",
        "-+0123456789.",
    ),
    (
        "int",
        r"(?:[-+]?0b[01_]+|[-+]?0o?[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+)$",
        "-+0123456789",
    ),
    ("merge", r"<<$", "<"),
    ("null", r"(?:~|null|Null|NULL)$", "~nN"),
    (
        "timestamp",
        r"(?:[0-9]{4}-[0-9][0-9]-[0-9][0-9]"
        r"|[0-9]{4}-[0-9][0-9]?-[0-9][0-9]?(?:[Tt]|[ \t]+)[0-9][0-9]?"
        r":[0-9][0-9]:[0-9][0-9](?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9][0-9]?(?::[0-9][0-9])?))?)$",
        "0123456789",
    ),
    ("value", r"=$", "="),
    ("yaml", r"[!&*]$", "!&*"),
)


class _Dumper11(yaml.SafeDumper):
    """Dumper for YAML 1.1 that never writes an alias."""

    def ignore_aliases(self, _: object) -> bool:
        return True


class _Dumper12(_Dumper11):
    """Dumper for YAML 1.2."""

    def represent_empty_null(self, _: None) -> yaml.ScalarNode:
        return self.represent_scalar(f"{_TAG}null", "")


# Not inherited: the words of PyYAML are those of YAML 1.1.
_Dumper12.yaml_implicit_resolvers = {}
_Dumper12.add_representer(type(None), _Dumper12.represent_empty_null)
for _tag, _pattern, _first in _WORDS:
    _Dumper12.add_implicit_resolver(_TAG + _tag, re.compile(_pattern), list(_first))
_Dumper12.add_implicit_resolver(f"{_TAG}null", re.compile("$"), [""])


def flow_yaml(value: object, version: str = "1.2") -> str:
    """Return a value as YAML in flow style on one line, however long.

    Args:
        value: A value of JSON.
        version: Version of YAML, `1.1` or `1.2`.
    """
    text: str = yaml.dump(
        value,
        Dumper=_Dumper12 if version == "1.2" else _Dumper11,
        default_flow_style=True,
        sort_keys=False,
        width=2**31 - 1,
    )
    return text
