"""Recognise error and warning lines of compilers, linkers, build tools and test programs.

A line is classified by its own text alone; `loaders.logs.log_parser` adds the cases that take
several lines. The formats are those of GCC, Clang, Intel, NVHPC and PGI, NVCC, Cray, IBM XL,
Fujitsu, NEC and NAG; of GNU and BSD make, CMake, Ninja, Meson, Autoconf, Cargo, pip and Spack; of
GNU ld, gold, lld and Apple's linker; and of CTest, Automake, GoogleTest and pytest. No pattern
takes more than linear time.
"""

import re
from typing import NamedTuple

ERROR, WARNING, NOTE = "error", "warning", "note"

_AFTER_PREFIX = r"(?:(?<!:): {1,4}|[)\]] ?:? )"
_SEVERITY = (
    r"(?:(?:fatal|catastrophic|severe|internal|compiler|command|line|syntax|parse|linker) ){0,2}"
)
_CUDA = r"^(?:nvcc|ptxas|nvlink|cicc|cudafe\+\+|fatbinary|nvdisasm) {1,10}"
_CRAY = r"^(?:ftn|cc|CC|f90)-\d{1,6} \S{1,40}: "
_NVHPC = r"^(?:NV|PG)[A-Z0-9+/]{1,12}"
_XL = r'" ?, line \d{1,9}\.\d{1,9}: \d{4}-\d{3} '


class Rule(NamedTuple):
    """A pattern of lines.

    Attributes:
        hints: Lower-case substrings; every matching line contains at least one. They are much
            cheaper to look for than the pattern.
    """

    kind: str
    hints: tuple[str, ...]
    pattern: re.Pattern[str]


_RULES = (
    Rule(
        NOTE,
        ("note:", "help:", "candidates are", "instantiated from", "required from"),
        re.compile(
            r": note:|^note:|^= (?:note|help):|candidates are:|instantiated from |: *required from "
        ),
    ),
    Rule(
        WARNING,
        ("warn", "remark", "caution", "no symbols", "-w-", "i-w", "(w)", "(i)"),
        re.compile(
            rf"{_AFTER_PREFIX}(?:[a-z]{{1,12}} ){{0,2}}[Ww]arn(?:ing|ung)\b(?![\-_./=(\w])"
            rf"|{_AFTER_PREFIX}(?:warning|remark) ?(?:#\d{{1,6}}|\(\d{{1,6}}\))"
            rf"|^(?:==> )?[Ww]arn(?:ing|ung)(?:\[\w{{1,40}}\])?(?=:| \d{{1,6}}:)|^Warn(?:ing|ung) "
            rf"|(?:^|[ :])WARNING(?: \d{{1,6}})? ?:|^\[WARN(?:ING)?\]"
            rf"|^CMake (?:\w{{1,20}} )?Warning|{_CUDA}warning +:|:\d{{1,9}}: \w{{0,60}}Warning:"
            rf"|{_NVHPC}-W-\d{{3,5}}-|{_CRAY}(?:WARNING|CAUTION|REMARK)\b|{_XL}\([WI]\)"
            rf"|^jw[a-z]\d{{4}}i-w\b|^ld[^:]{{0,60}}: *WARNING[^:]{{0,60}}:| has no symbols"
        ),
    ),
    Rule(
        ERROR,
        ("error", "fatal", "severe"),
        re.compile(
            rf"{_AFTER_PREFIX}{_SEVERITY}(?:error|fatal)\b(?![\-_./=(\w])"
            rf"|{_AFTER_PREFIX}(?:[A-Z][a-z]{{1,12}} )?Error(?: ?\d{{1,6}})? ?:"
            rf"|{_AFTER_PREFIX}(?:error|severe) ?\(\d{{1,6}}\)"
            rf"|^(?:==> )?{_SEVERITY}(?:error|fatal)(?:\[E\d{{1,6}}\]| C?\d{{1,6}})? ?:"
            rf"|^(?:==> )?(?:Internal |Syntax |Fatal )?Error(?=[ :(])"
            rf"|(?:^|(?<![#\w]) )(?:FATAL )?ERROR(?: ?\d{{1,6}})? ?:"
            rf"|^Fatal(?=[ :])|^FATAL(?=[ :])|^\[(?:ERROR|FATAL)\]|^CMake Error"
            rf"|{_CUDA}(?:fatal|error) +:|[Ii]nternal (?:compiler )?error:"
            rf"|:\d{{1,9}}: \w{{0,60}}Error\b|^ld:?[^:]{{0,60}}: *(?:ERROR|fatal)[^:]{{0,60}}:"
            rf"|: syntax error "
        ),
    ),
    Rule(
        ERROR,
        ("-s-", "-f-", "error", "fatal", "internal", "limit", "i-s", "i-u"),
        re.compile(
            rf"{_NVHPC}-[SF]-\d{{3,5}}-|{_CRAY}(?:ERROR|FATAL|INTERNAL|LIMIT)\b|^jw[a-z]\d{{4}}i-[su]\b"
        ),
    ),
    Rule(ERROR, ("(e)", "(s)", "(u)", "(t)"), re.compile(rf"{_XL}\([ESUT]\)")),
    Rule(
        ERROR,
        ("***", "failed"),
        re.compile(
            r"make(?:\[\d+\])?: \*\*\* (?!Waiting|Deleting)|^\*\*\* Error code"
            r"|:\d{1,9}: \*\*\* |^scons: \*\*\*|^FAILED: |Hunk #\d+ FAILED"
            r"|failed with (?:exit )?(?:code|status)\b|^Failed test|^[Ff]ailed to "
            r"|^FAILED (?!\(.*=0\))|\*\*\* ?(?:Failed|Exception|Timeout|Not Run)"
            r"|(?:\.\.\.|:) FAILED\b|^\[ +FAILED +\] (?!\d+ test)| tests? FAILED:"
        ),
    ),
    Rule(
        ERROR, ("fail: ", "panicked"), re.compile(r"^FAIL: |^thread '.{1,80}'.{0,40} panicked at")
    ),
    Rule(
        ERROR,
        ("undefined", "multipl", "symbol", "unresolved:", "unterminated", ": syntax "),
        re.compile(
            r"undefined reference to |multiple definition of |multiply defined"
            r"|Undefined symbol|undefined symbol:|Unsatisfied symbol|^Unresolved:"
            r"|symbol\(s\) not found|:\d{1,9}: (?:undefined:|syntax |unterminated )"
        ),
    ),
    Rule(
        ERROR,
        ("relocation", "recompile", "final link", " exit status", "terminated with", "dso missing"),
        re.compile(
            r"relocation truncated to fit|recompile with -f|final link failed"
            r"|ld returned \d+ exit status|ld terminated with signal|DSO missing from"
        ),
    ),
    Rule(
        ERROR,
        ("cannot", "can't", "not found", "not recognized", "unrecognized"),
        re.compile(
            r":[ \t](?:cannot|can't) find\b|:\d{1,9}: cannot "
            r"|: cannot (?:stat|create|open|access|overwrite|execute)\b|^Can't locate \S+ in @INC"
            r"|: command not found|^\S{0,200}sh: (?:line )?\d+: .*: not found"
            r"|library not found for -|file (?:format )?not recognized|: Unrecognized option"
        ),
    ),
    Rule(
        ERROR,
        (
            "no such file",
            "invalid arg",
            "permission denied",
            "list too long",
            "space left",
            "quota",
        ),
        re.compile(
            r": No such file or directory|: Invalid argument|[Pp]ermission [Dd]enied"
            r"|: (?:[Aa]rgument list too long|No space left on|Disk quota exceeded)"
        ),
    ),
    Rule(
        ERROR,
        ("segmentation", "bus error", "illegal instruction", "aborted", "killed"),
        re.compile(
            r"(?:^|: |\d +)(?:Segmentation (?:fault|violation)|[Bb]us [Ee]rror|Illegal instruction)"
            r"|(?:^|: |\d +)Aborted *(?:\(core|$)|(?:^| )Killed *$"
        ),
    ),
)
# Lines that match a rule above and yet report success: results of configure checks, summaries of
# zero failures, passed tests.
_HARMLESS = re.compile(
    r"(?:checking|--) (?:(?!error:).)*\b(?:no|yes|not found|found|failed)\s*$|.*clock skew detected"
    r"|[\-\w ]*: (?:0|no) (?:errors?|warnings?|failures?)\b|# ?[A-Z]+:|(?:XFAIL|PASS|SKIP|XPASS):",
    re.IGNORECASE,
)
_GENERIC_FAILURE = re.compile(
    r"make(?:\[\d+\])?: \*\*\* (?!No )|^scons: \*\*\*|^\*\*\* Error code|^FAILED: "
    r"|ld returned \d+ exit status"
    r"|failed with (?:exit )?(?:code|status)\b|^error: could not compile|final link failed"
    r"|subprocess-exited-with-error|metadata-generation-failed|^ERROR: Failed building wheel"
    r"|^error: failed to run custom build command"
    r"|^ERROR: (?:Exception:$|Command errored out with exit status )"
    r"|\bProcessError: Command exited with status \d"
)
_ANNOUNCES_OUTPUT = re.compile(
    r"^FAILED: |^error: (?:subprocess-exited-with-error|metadata-generation-failed)"
    r"|^error: failed to run custom build command"
    r"|^ERROR: (?:Exception:$|Command errored out with exit status )"
)

_FILE = r"(?P<file>[\w./+~@%\-][\w./+~@%\- ]{0,1000})"
_LINE = r"(?P<line>\d{1,9})"
_LD = r"(?:\S{0,200}ld(?:\.\w{2,8})?: )?"
_PLACES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_LD}{_FILE}:{_LINE}(?:[:.]\d+(?:-\d+)?)*(?::|$)",
        rf"{_FILE}\({_LINE}(?:[,.:]\d+)?\)",
        rf'.{{0,80}}?"(?P<file>[^"]{{1,1000}})", ?[Ll]ine (?:= )?{_LINE}',
        rf".{{0,200}}?File = (?P<file>[^,]{{1,1000}}), Line = {_LINE}",
        rf"(?:NV|PG)[A-Z0-9+/]+-[SFW]-.*\((?P<file>[^():]{{1,1000}})(?:: {_LINE})?\)$",
        rf"CMake [\w ()]{{4,40}}? at (?P<file>[^:]{{1,1000}}):{_LINE}",
        rf"[A-Z][A-Za-z ]{{2,30}}: (?P<file>[^\s,]{{1,1000}}), line {_LINE}",
        rf"(?P<file>[^\s:]{{1,1000}}): line {_LINE}: ",
        rf"{_LD}(?P<file>[^\s:()]{{1,1000}}):\((?:\.|[\w.]+\+0x)(?P<line>)",
        rf".{{1,3000}} at (?P<file>[^\s]{{1,1000}}) line {_LINE}\.?$",
    )
)


class Place(NamedTuple):
    """A position in a source file; the line is None if unknown."""

    file: str
    line: int | None


def possible_rules(text: str) -> list[Rule]:
    """Return the rules that can match any line of a text, with the hints that occur in it.

    Calling it once for many lines saves looking for every hint in each of them.
    """
    small = text.lower()
    live = []
    for rule in _RULES:
        present = tuple(hint for hint in rule.hints if hint in small)
        if present:
            live.append(Rule(rule.kind, present, rule.pattern))
    return live


def classify_line(line: str, rules: list[Rule] | None = None) -> str | None:
    """Classify a line, given without surrounding space, by its text.

    If a line has both an error and a warning, the one that comes first counts.

    Args:
        line: The line.
        rules: Candidate rules from `possible_rules`; None computes them for this line.

    Returns:
        `error`, `warning`, `note`, or None for any other line.
    """
    kind, start = None, len(line)
    small = line.lower()
    for rule in possible_rules(line) if rules is None else rules:
        for hint in rule.hints:
            if hint in small:
                break
        else:
            continue
        match = rule.pattern.search(line)
        if match is not None and match.start() < start:
            kind, start = rule.kind, match.start()
            # An error may still precede a warning, unless the warning starts the line.
            if kind != WARNING or not start:
                break
    return None if kind is None or _HARMLESS.match(line) else kind


def is_generic_failure(line: str) -> bool:
    """Return whether an error only says that a command failed, not why."""
    return _GENERIC_FAILURE.search(line) is not None


def announces_output(line: str) -> bool:
    """Return whether the failed command's output follows this line instead of preceding it."""
    return _ANNOUNCES_OUTPUT.match(line) is not None


def parse_place(line: str) -> Place | None:
    """Return the position in a source file that a line names, or None."""
    for pattern in _PLACES:
        match = pattern.match(line)
        if match:
            number = match["line"]
            return Place(match["file"].strip(), int(number) if number else None)
    return None
