"""`can_splice` lines from compared pairs of builds."""

from service.queries.splice_lines import Compared, Constraints, make_lines
from spec_syntax import parse_spec, satisfies
from spec_syntax.concrete import ConcreteNode, VariantValue


def build(version: str, name: str = "libx", **variants: VariantValue) -> Constraints:
    return Constraints(name, version, tuple(sorted(variants.items())))


def directives(accepted: list[Compared], refused: list[Compared] | None = None) -> list[str]:
    lines = make_lines({each: [each] for each in accepted}, refused or [])
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


def test_variants_are_not_matched_over_a_pair_that_was_refused() -> None:
    three = [(build("1.0", abi=each), build("1.1", abi=each)) for each in ("a", "b", "c")]
    assert directives(three[:2], three[2:]) == [
        'can_splice("libx@=1.0 abi=a", when="@=1.1 abi=a")',
        'can_splice("libx@=1.0 abi=b", when="@=1.1 abi=b")',
    ]


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
    (line,) = make_lines({(build("1.0", flag='it"s'), build("1.1", flag="it's")): [0]}, [])
    assert eval(line.directive, {"can_splice": lambda target, when: [target, when]}) == [
        line.target,
        line.when,
    ]
    for text, version, value in ((line.target, "1.0", 'it"s'), (f"libx{line.when}", "1.1", "it's")):
        node = ConcreteNode("h", "libx", version, variants={"flag": value})
        assert satisfies(node, parse_spec(text))
        assert not satisfies(ConcreteNode("h", "libx", version), parse_spec(text))
