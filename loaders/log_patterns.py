"""How compilers, linkers, build tools and test programs say that something is wrong.

A line is told by its own text alone; :mod:`loaders.log_parser` adds what takes several lines. The
formats are those of GCC, Clang, Intel, NVHPC and PGI, NVCC, Cray, IBM XL, Fujitsu, NEC and NAG, of
GNU and BSD make, CMake, Ninja, Meson, Autoconf, Cargo, pip and Spack, of GNU ld, gold, lld and
Apple's, and of CTest, Automake, GoogleTest and pytest. No pattern takes more than linear time.
"""

import re
from typing import NamedTuple

ERROR, WARNING, NOTE = "error", "warning", "note"

_HINTS = (
    *("error", "warn", "fail", "fatal", "undefined", "***", "cannot", "can't", "can not", "note:"),
    *("no such file", "not found", "denied", "fault", "violation", "illegal", "abort", "multipl"),
    *("unresolved", "unsatisfied", "unrecognized", "invalid", "remark", "relocation", "missing"),
    *("-s-", "-f-", "-w-", "(s)", "(e)", "(u)", "(w)", "i-s", "i-u", "i-w", "internal", "limit"),
    *("too long", "space left", "quota", "no symbols", "panicked", "caution", "help:", "killed"),
    *("candidates are", "instantiated from", "in expansion of", "required from"),
)
_BEHIND = r"(?:(?<!:): {1,4}|[)\]] ?:? )"
_SORT = (
    r"(?:(?:fatal|catastrophic|severe|internal|compiler|command|line|syntax|parse|linker) ){0,2}"
)
_CUDA = r"^(?:nvcc|ptxas|nvlink|cicc|cudafe\+\+|fatbinary|nvdisasm) {1,10}"
_CRAY = r"^(?:ftn|cc|CC|f90)-\d{1,6} \S{1,40}: "
_NVHPC = r"^(?:NV|PG)[A-Z0-9+/]{1,12}"
_XL = r'" ?, line \d{1,9}\.\d{1,9}: \d{4}-\d{3} '

_ERROR = re.compile(
    # the word, at the beginning or behind a place or a program
    rf"{_BEHIND}{_SORT}(?:error|fatal)\b(?![\-_./=(\w])"
    rf"|{_BEHIND}(?:[A-Z][a-z]{{1,12}} )?Error(?: ?\d{{1,6}})? ?:"
    rf"|{_BEHIND}(?:error|severe) ?\(\d{{1,6}}\)"
    rf"|^(?:==> )?{_SORT}(?:error|fatal)(?:\[E\d{{1,6}}\]| C?\d{{1,6}})? ?:"
    rf"|^(?:==> )?(?:Internal |Syntax |Fatal )?Error(?=[ :(])"
    rf"|(?:^|(?<![#\w]) )(?:FATAL )?ERROR(?: ?\d{{1,6}})? ?:"
    rf"|^Fatal(?=[ :])|^FATAL(?=[ :])|^\[(?:ERROR|FATAL)\]|^CMake Error|{_CUDA}(?:fatal|error) +:"
    rf"|[Ii]nternal (?:compiler )?error:|:\d{{1,9}}: \w{{0,60}}Error\b"
    rf"|:\d{{1,9}}: (?:undefined:|cannot |syntax |parse error|unterminated |\*\*\* )"
    # compilers that tell the weight of a message by a letter or a word of their own
    rf"|{_NVHPC}-[SF]-\d{{3,5}}-|{_CRAY}(?:ERROR|FATAL|INTERNAL|LIMIT)\b|{_XL}\([ESUT]\)"
    rf"|^jw[a-z]\d{{4}}i-[su]\b"
    # linkers
    rf"|undefined reference to |multiple definition of |multiply defined"
    rf"|Undefined symbol|undefined symbol:|Unsatisfied symbol|^Unresolved:"
    rf"|symbol\(s\) not found|relocation truncated to fit|recompile with -f"
    rf"|final link failed|ld returned \d+ exit status|ld terminated with signal"
    rf"|DSO missing from|file (?:format )?not recognized|library not found for -"
    rf"|^ld:?[^:]{{0,60}}: *(?:ERROR|fatal)[^:]{{0,60}}:"
    # make and other tools that run commands
    rf"|make(?:\[\d+\])?: \*\*\*.*(?:Error|No rule|No targets|Stop\.)|^\*\*\* Error code"
    rf"|^scons: \*\*\*|^FAILED: |make: Fatal error|Hunk #\d+ FAILED"
    rf"|failed with (?:exit )?(?:code|status)\b"
    # programs and shells
    rf"|:[ \t](?:cannot|can't) find\b|: cannot (?:stat|create|open|access|overwrite|execute)\b"
    rf"|: No such file or directory|: Invalid argument|[Pp]ermission [Dd]enied"
    rf"|: command not found|^\S{{0,200}}sh: (?:line )?\d+: .*: not found"
    rf"|: (?:[Aa]rgument list too long|No space left on|Disk quota exceeded)"
    rf"|(?:^|: |\d +)(?:Segmentation (?:fault|violation)|Bus error|Illegal instruction)"
    rf"|(?:^|: |\d +)Aborted *(?:\(core|$)|(?:^| )Killed *$"
    rf"|: Unrecognized option|^Can't locate \S+ in @INC|: syntax error "
    rf"|^thread '.{{1,80}}'.{{0,40}} panicked at"
    # tests
    rf"|^FAIL: |^FAILED (?!\(.*=0\))|\*\*\* ?(?:Failed|Exception|Timeout|Not Run)"
    rf"|(?:\.\.\.|:) FAILED\b|^\[ +FAILED +\] (?!\d+ test)| tests? FAILED:"
    rf"|^Failed test|^[Ff]ailed to "
)
_WARNING = re.compile(
    rf"{_BEHIND}(?:[a-z]{{1,12}} ){{0,2}}[Ww]arn(?:ing|ung)\b(?![\-_./=(\w])"
    rf"|{_BEHIND}(?:warning|remark) ?(?:#\d{{1,6}}|\(\d{{1,6}}\))"
    rf"|^(?:==> )?[Ww]arn(?:ing|ung)(?:\[\w{{1,40}}\])?(?=:| \d{{1,6}}:)|^Warn(?:ing|ung) "
    rf"|(?:^|[ :])WARNING(?: \d{{1,6}})? ?:|^\[WARN(?:ING)?\]|^CMake (?:\w{{1,20}} )?Warning"
    rf"|{_CUDA}warning +:|:\d{{1,9}}: \w{{0,60}}Warning:|{_NVHPC}-W-\d{{3,5}}-"
    rf"|{_CRAY}(?:WARNING|CAUTION|REMARK)\b|{_XL}\([WI]\)|^jw[a-z]\d{{4}}i-w\b"
    rf"|^ld[^:]{{0,60}}: *WARNING[^:]{{0,60}}:| has no symbols"
)
_NOTE = re.compile(
    r":[ ]note:|^note:|^=[ ](?:note|help):|candidates are:|instantiated from |: *required from ",
    re.X,
)
_NO_FINDING = re.compile(
    r"clock skew detected|^(?:checking|--) (?:(?!error:).)*\b(?:no|yes|not found|found|failed)\s*$"
    r"|^[\-\w ]*: (?:0|no) (?:errors?|warnings?|failures?)\b"
    r"|^# ?[A-Z]+:|^(?:XFAIL|PASS|SKIP|XPASS):",
    re.IGNORECASE,
)
_WEAK = re.compile(
    r"\*\*\*.*(?:Error|Stop\.)|^\*\*\* Error code|^FAILED: |ld returned \d+ exit status"
    r"|failed with (?:exit )?(?:code|status)\b|^error: could not compile|final link failed"
    r"|subprocess-exited-with-error|metadata-generation-failed|^ERROR: Failed building wheel"
)
_HEADER = re.compile(
    r"^FAILED: |^error: (?:subprocess-exited-with-error|metadata-generation-failed)"
)
_HEADED = re.compile(
    r"^CMake [\w ()]{4,40} (?:at|in) .*:$|^(?:ftn|cc|CC|f90)-\d+ .*, Line = \d"
    r"|^Undefined symbols for "
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
    """A place in a source file; the line is None where it is not told."""

    file: str
    line: int | None


def kind_of(line: str) -> str | None:
    """`error`, `warning`, `note`, or None: what a line is, by its text without space around it."""
    small = line.lower()
    if not any(hint in small for hint in _HINTS) or _NO_FINDING.search(line):
        return None
    if _NOTE.search(line):
        return NOTE
    error, warning = _ERROR.search(line), _WARNING.search(line)
    if error is None:
        return WARNING if warning else None
    return WARNING if warning and warning.start() <= error.start() else ERROR


def is_weak(line: str) -> bool:
    """Whether an error only says that a command failed, which itself will have said why."""
    return _WEAK.search(line) is not None


def is_header(line: str) -> bool:
    """Whether the output of the command that failed comes behind this line, and not before it."""
    return _HEADER.match(line) is not None


def is_headed(line: str) -> bool:
    """Whether the message itself stands in the lines behind this one, indented."""
    return _HEADED.match(line) is not None


def place_in(line: str) -> Place | None:
    """The place in a source file that a line names."""
    for pattern in _PLACES:
        found = pattern.match(line)
        if found:
            number = found["line"]
            return Place(found["file"].strip(), int(number) if number else None)
    return None
