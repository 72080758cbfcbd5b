"""The text of format 1 against ruamel.yaml, whose release 0.11 Spack 0.12 to 0.16 had inside."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from loaders.specs.yaml_text import flow_yaml

_WORDS = """
on On ON off Off OFF yes Yes YES no No NO y Y n N true True TRUE tRUE false False FALSE null Null
NULL ~ nUll None none = << ! & * - -- --- ... ? | > % @ ` [ ] { } , : :: # ' " \\ // / . .. ; + +x
1 0 -1 +1 00 01 007 08 09 1_000 1__0 1_ _1 10 123 123456789012345678901 0b101 0b2 0b 0o7 0o8 0o 0O7
0x1F 0xg 0x 0X1f 017 018 1.0 1. .5 5. -1.5 +.5 1.5.2 1.2.3 v1.2 1e5 1E5 1e+5 1e-5 123e45 1.2e3
1.2E-3 .5e5 .5e+5 e5 1e 1e5x .inf -.inf +.INF .Inf .iNF inf .nan .NaN .NAN nan 2020-01-01
2020-1-1 20-01-01 2001-12-14t21:59:43.10-05:00 2001-12-14T21:59:43Z -O3 -O2,-g -std=c++17 -Wl,-z
$HOME ${HOME} ~/x x~ a-b a_b a.b a/b a+b a=b a@b a%b a^b a!b a&b a*b a|b a<b a>b a#b #b a,b a;b
[a a] {a a} (a) <a> "a a" a"b "a" 'a' a'b %gcc @1.2 ^zlib !x &x *x >x |x ?x -x =x ~x `x
builtin linux debian12 x86_64 x86_64_v3 icelake gcc clang 9.4.0 13.2.0 apple-clang develop main
shared static,shared Release RelWithDebInfo cxxstd=17 17 11,14 auto none,any --with-x=/usr -fPIC
-march=native -I/usr/include -L/opt/lib64 -DNAME="x" /usr /opt/gcc/9.4.0 gcc/9.4.0 PrgEnv-cray
cray-mpich/8.1.4 é ü ß 日本 😀
"""
WORDS = _WORDS.split()
PHRASES = [
    "",
    " ",
    " a",
    "a ",
    "a b",
    "a  b",
    "\ta",
    "a\tb",
    "a: b",
    "a :b",
    "a #b",
    "a:",
    "- a",
    "-g -O3",
    "-O2 -g -march=native",
    "1 2",
    "on off",
    "null null",
    "2001-12-14 21:59:43.10 -5",
    "2001-12-14 21:59:43",
    "x, y",
    "[x, y]",
    "{x: y}",
    "\x07",
    "a\\nb",
    "\xa0",
    "\u2028",
    "\ufeff",
]
PLAIN = [True, False, 0, 1, -5, 10**20, 1.5, -0.25, 3.0]
# What ruamel.yaml 0.11 wrote, for values that later releases write in another way.
CHANGED_SINCE = {
    None: "!!null ''",
    1e20: "1.0e+20",
    1e-7: "1.0e-07",
    "1:30": "'1:30'",
    "12:30:45": "'12:30:45'",
    "1:30.5": "'1:30.5'",
    "a:b": "'a:b'",
    "a::b": "'a::b'",
    "http://x:1/y": "'http://x:1/y'",
    ":x": "':x'",
    "? x": "'? x'",
    "?x": "'?x'",
    "a :b": "'a :b'",
    "08": "08",
    "09": "09",
    "018": "018",
    "+.5": "+.5",
    "'": "''''",
    "'a": "'''a'",
    "'a'": "'''a'''",
    "a\nb": "'a\n\n      b'",
}


def ruamel_flow(value: object) -> str:
    """Return a value as the round-trip dumper of ruamel.yaml writes it."""
    dumper = YAML()
    dumper.default_flow_style = True
    dumper.width = 2**31 - 1
    dumper.allow_unicode = False
    dumper.representer.ignore_aliases = lambda _: True
    stream = io.StringIO()
    dumper.dump(value, stream)
    return stream.getvalue()


SCALARS = [each for each in [*WORDS, *PHRASES, *PLAIN] if each not in CHANGED_SINCE]


def test_there_are_at_least_200_scalars() -> None:
    assert len({(type(each), each) for each in SCALARS}) >= 200


@pytest.mark.parametrize("scalar", SCALARS, ids=repr)
def test_scalars_are_written_as_ruamel_writes_them(scalar: object) -> None:
    for value in ({"tool": {"k": scalar}}, {"tool": [scalar]}):
        assert flow_yaml(value) == ruamel_flow(value)


@pytest.mark.parametrize(("scalar", "written"), CHANGED_SINCE.items(), ids=repr)
def test_scalars_that_later_releases_write_in_another_way(scalar: object, written: str) -> None:
    assert flow_yaml({"k": {"a": scalar}}) == f"{{k: {{a: {written}}}}}\n"


@given(st.text(st.sampled_from("abonyeONFtTrRuUlLsS<=~.-"), max_size=6))
def test_words_that_could_be_values_are_written_as_ruamel_writes_them(word: str) -> None:
    assert flow_yaml({"k": word}) == ruamel_flow({"k": word})


def test_yaml_1_1_is_that_of_pyyaml() -> None:
    values = [None, "on", "1e5", "0o7", "1.2e3", True]
    assert flow_yaml(values, "1.1") == "[null, 'on', 1e5, 0o7, 1.2e3, true]\n"
    assert flow_yaml(values) == "[!!null '', on, '1e5', '0o7', '1.2e3', true]\n"
