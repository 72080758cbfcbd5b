"""`can_splice` lines from compared pairs of builds."""

import ast

import pytest

from service.queries.splice_lines import (
    Compared,
    Constraints,
    RefusedPairs,
    format_values,
    make_lines,
)
from spec_syntax import parse_spec, satisfies
from spec_syntax.concrete import ConcreteNode, VariantValue


def build(version: str, name: str = "libx", **variants: VariantValue) -> Constraints:
    return Constraints(name, version, tuple(sorted(variants.items())))


def directives(accepted: list[Compared], refused: list[Compared] | None = None) -> list[str]:
    lines = make_lines({each: [each] for each in accepted}, RefusedPairs(refused or []))
    return [line.directive for line in lines]


def test_a_line_has_versions_and_all_variants_that_were_compared() -> None:
    pair = (build("1.2.3", shared=True, opts=("x", "y")), build("1.2.5", shared=True, mode="a b"))
    assert directives([pair]) == [
        'can_splice("libx@=1.2.3+shared opts=x,y", when="@=1.2.5+shared mode=\'a b\'")'
    ]


def test_parameters_that_recipes_do_not_declare_are_left_out() -> None:
    node = ConcreteNode("h", "libx", "1.0", variants={"patches": ("ab",), "pic": False})
    assert Constraints.of(node) == build("1.0", pic=False)


def test_a_variant_with_several_values_that_load_is_matched() -> None:
    same = [(build("1.0", pic=each), build("1.1", pic=each)) for each in (True, False)]
    assert directives(same) == ['can_splice("libx@=1.0", when="@=1.1", match_variants=["pic"])']
    assert directives(same[:1]) == ['can_splice("libx@=1.0+pic", when="@=1.1+pic")']


def test_a_variant_with_more_values_than_two_is_not_matched() -> None:
    pairs = [(build("1.0", abi=each), build("1.1", abi=each)) for each in ("a", "b")]
    assert directives(pairs) == [
        'can_splice("libx@=1.0 abi=a", when="@=1.1 abi=a")',
        'can_splice("libx@=1.0 abi=b", when="@=1.1 abi=b")',
    ]


def test_variants_are_not_matched_if_spack_may_ignore_that() -> None:
    same = [(build("1.0", pic=each), build("1.1", pic=each)) for each in (True, False)]
    crossed = (build("1.0", pic=True), build("1.1", pic=False))
    assert directives(same, [crossed]) == [
        'can_splice("libx@=1.0+pic", when="@=1.1+pic")',
        'can_splice("libx@=1.0~pic", when="@=1.1~pic")',
    ]


@pytest.mark.parametrize(
    ("target", "put_in"),
    [
        (build("1.0", opts=("x", "y")), build("1.1", opts=("x",))),
        (build("1.0", opts=("x",)), build("1.1", opts=("x", "y"))),
        (build("1.0", opts="x"), build("1-1", opts="x", more=True)),
        (build("1.0", opts=("z", "x"), other="a"), build("1.1", opts=("x",))),
    ],
)
def test_a_line_that_a_refused_pair_satisfies_is_not_made(
    target: Constraints, put_in: Constraints
) -> None:
    pair = (build("1.0", opts=("x",)), build("1.1", opts=("x",)))
    assert directives([pair], [(target, put_in)]) == []
    assert RefusedPairs([(target, put_in)]).find_covered(*pair) == (target, put_in)


@pytest.mark.parametrize(
    ("target", "put_in"),
    [
        (build("1.0", opts=("y",)), build("1.1", opts=("x",))),
        (build("1.0"), build("1.1", opts=("x",))),
        (build("1.0", opts=("x",)), build("1.2", opts=("x",))),
        (build("1.0", "liby", opts=("x",)), build("1.1", opts=("x",))),
    ],
)
def test_a_line_that_no_refused_pair_satisfies_is_made(
    target: Constraints, put_in: Constraints
) -> None:
    pair = (build("1.0", opts=("x",)), build("1.1", opts=("x",)))
    assert directives([pair], [(target, put_in)]) == [
        'can_splice("libx@=1.0 opts=x", when="@=1.1 opts=x")'
    ]


def test_what_a_refused_pair_satisfies_agrees_with_the_matching_of_specs() -> None:
    lines = [build("1.0", opts=("x",)), build("1.0", pic=True, opts=("x", "y")), build("1.0")]
    builds = [
        build("1.0", opts=("x", "y"), pic=True),
        build("1.0", opts=("y", "x"), pic=False),
        build("1.0", pic=True),
        build("1.1", opts=("x",)),
    ]
    for line in lines:
        text = f"libx@={line.version}{format_values(line.variants)}"
        for each in builds:
            found = RefusedPairs([(each, each)]).find_covered(line, line)
            node = ConcreteNode("h", "libx", each.version, variants=dict(each.variants))
            assert (found is not None) == satisfies(node, parse_spec(text)), (text, each)


def test_a_variant_with_several_values_at_once_is_not_matched_by_spack() -> None:
    pairs = [(build("1.0", opts=each), build("1.1", opts=each)) for each in (("x",), ("y",))]
    assert all("match_variants" not in line for line in directives(pairs))


def test_a_variant_that_differs_is_written_on_both_sides() -> None:
    assert directives([(build("1.0", pic=True), build("1.0", pic=False))]) == [
        'can_splice("libx@=1.0+pic", when="@=1.0~pic")'
    ]


def test_versions_of_one_target_share_a_line_because_spack_keeps_one_for_each_when() -> None:
    pairs = [(build(each), build("2.0")) for each in ("1.10", "1.9")]
    pairs.append((build("3.0", "other"), build("2.0")))
    assert directives(pairs) == [
        'can_splice("libx@=1.9,=1.10", when="@=2.0")',
        'can_splice("other@=3.0", when="@=2.0")',
    ]


def test_quotes_are_those_of_python_and_of_specs() -> None:
    pair = (build("1.0", flag='it"s'), build("1.1", flag="it's"))
    (line,) = make_lines({pair: [0]}, RefusedPairs([]))
    assert eval(line.directive, {"can_splice": lambda target, when: [target, when]}) == [
        line.target,
        line.when,
    ]
    for text, version, value in ((line.target, "1.0", 'it"s'), (f"libx{line.when}", "1.1", "it's")):
        node = ConcreteNode("h", "libx", version, variants={"flag": value})
        assert satisfies(node, parse_spec(text))
        assert not satisfies(ConcreteNode("h", "libx", version), parse_spec(text))


def test_characters_that_are_not_printable_are_escaped() -> None:
    flag = 'x\nimport os\r\x1b[31m\u202e"\\'
    (text,) = directives([(build("1.0", flag=flag), build("1.1", flag="y"))])
    assert text.isprintable()
    call = ast.parse(text, mode="eval").body
    assert isinstance(call, ast.Call)
    assert ast.literal_eval(call.args[0]) == f"libx@=1.0 flag='{flag}'"
