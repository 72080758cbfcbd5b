r"""Format strings of `spack find`: `{name}{@version}{/hash:7}`.

The syntax is that of `Spec.format` in Spack 1.1 (`lib/spack/spack/spec.py`): an attribute in
braces, with a sigil or `key=` in front that is printed only if there is a value, `^name.` for an
attribute of a dependency, and backslashes before literal braces. Attributes of the machine that
runs Spack, such as `prefix`, are not known here.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

_PART = re.compile(
    r"\\(?P<escaped>.)"
    r"|\{(?P<sigil> ?[%@/]|[\w ][\w -]*=)?(?:\^(?P<dependency>[^}.]+)\.)?(?P<attribute>[^{}]*)"
    r"(?P<close>\})?"
    r"|(?P<stray>\})"
)
_HASH = re.compile(r"hash(?::(\d+))?\Z", re.IGNORECASE)
_FLAGS = ("cflags", "cppflags", "cxxflags", "fflags", "ldflags", "ldlibs")


class FormatError(ValueError):
    """A format string that is not one."""


@dataclass(frozen=True, slots=True)
class FormattedSpec:
    """What a format string can print of a spec.

    Attributes:
        name: Name of its package.
        version: Its version.
        hash: Its DAG hash.
        namespace: Package repository.
        compiler: Its compiler, as `name@version`.
        platform: Platform.
        os: Operating system.
        target: Name of the microarchitecture.
        variants: Its variants and flags, each as Spack writes it.
        dependencies: Its dependencies by package and by the virtuals that they provide.
    """

    name: str
    version: str
    hash: str
    namespace: str = ""
    compiler: str = ""
    platform: str = ""
    os: str = ""
    target: str = ""
    variants: Sequence[str] = ()
    dependencies: Mapping[str, "FormattedSpec"] = field(default_factory=dict)

    @property
    def variants_text(self) -> str:
        """The variants as Spack writes them: booleans first, then the others with blanks."""
        plain = [each for each in self.variants if _name_of(each) not in _FLAGS]
        booleans = [each for each in plain if each[0] in "+~"]
        return "".join((*booleans, *(f" {each}" for each in plain if each[0] not in "+~")))

    @property
    def flags_text(self) -> str:
        """The compiler flags, with a blank on both sides as Spack writes them."""
        flags = [each for each in self.variants if _name_of(each) in _FLAGS]
        return f" {' '.join(flags)} " if flags else ""

    @property
    def architecture(self) -> str:
        """Platform, operating system and target, with dashes between."""
        return "-".join(each for each in (self.platform, self.os, self.target) if each)


def needs_dependencies(template: str) -> bool:
    """Return whether a format string prints attributes of dependencies."""
    return any(match["dependency"] for match in _PART.finditer(template))


def format_spec(template: str, spec: FormattedSpec) -> str:
    """Return a spec as a format string prints it.

    Raises:
        FormatError: A brace has no partner, or an attribute is unknown or has the wrong sigil.
    """
    return _PART.sub(lambda match: _print_part(match, spec), template).strip()


def _print_part(match: re.Match[str], spec: FormattedSpec) -> str:
    if match["escaped"]:
        return match["escaped"]
    if match["stray"]:
        raise FormatError(f"unmatched }} at character {match.start() + 1} of the format")
    if not match["close"]:
        raise FormatError(f"the {{ at character {match.start() + 1} of the format is not closed")
    sigil, attribute = match["sigil"] or "", match["attribute"].lower()
    if match["dependency"]:
        found = spec.dependencies.get(match["dependency"])
        if found is None:
            return ""
        spec = found
    _check_sigil(sigil, attribute)
    value = _value_of(attribute, spec)
    return f"{sigil}{value}" if value else ""


def _check_sigil(sigil: str, attribute: str) -> None:
    allowed: dict[str, Callable[[str], object]] = {
        "@": lambda name: name.split(".")[-1] in ("version", "versions"),
        "%": lambda name: name in ("compiler", "compiler.name"),
        "/": _HASH.match,
    }
    check = allowed.get(sigil.strip())
    if check is not None and not check(attribute):
        raise FormatError(f"{sigil}{attribute}: the sigil does not fit the attribute")


def _value_of(attribute: str, spec: FormattedSpec) -> str:
    found = _HASH.match(attribute)
    if found:
        return spec.hash[: int(found[1])] if found[1] else spec.hash
    name, _, rest = attribute.partition(".")
    if name == "variants" and rest:
        return _variant(rest, spec)
    name = {"arch": "architecture", "versions": "version"}.get(name, name)
    if name == "architecture" and rest in ("platform", "os", "target"):
        return str(getattr(spec, rest))
    values = {
        "name": spec.name,
        "fullname": f"{spec.namespace}.{spec.name}" if spec.namespace else spec.name,
        "version": spec.version,
        "namespace": spec.namespace,
        "compiler": spec.compiler,
        "compiler.name": spec.compiler.partition("@")[0],
        "compiler.version": spec.compiler.partition("@")[2],
        "compiler_flags": spec.flags_text,
        "variants": spec.variants_text,
        "architecture": spec.architecture,
        "platform": spec.platform,
        "os": spec.os,
        "target": spec.target,
    }
    full = f"{name}.{rest}" if rest else name
    if full not in values:
        known = ", ".join((*values, "hash", "variants.NAME"))
        raise FormatError(f"{attribute!r} is not an attribute of the format; these are: {known}")
    return values[full]


def _name_of(variant: str) -> str:
    return variant.lstrip("+~").partition("=")[0]


def _variant(rest: str, spec: FormattedSpec) -> str:
    """Return a variant, or its name or value."""
    name, _, part = rest.partition(".")
    own = [each for each in spec.variants if _name_of(each).lower() == name]
    if not own or part == "name":
        return _name_of(own[0]) if own else ""
    values = [each.partition("=")[2] for each in own if "=" in each]
    if part == "value":
        return ",".join(values) if values else str(own[0].startswith("+"))
    return f"{_name_of(own[0])}={','.join(values)}" if values else own[0]
