"""Shapes by which secrets are recognised wherever they occur.

The shapes of tokens are those that their issuers document: AWS (IAM identifiers), GitHub and GitLab
(token prefixes), Slack, Stripe, Google, npm, PyPI, Hugging Face, JWT (RFC 7519), PEM (RFC 7468),
the schemes of HTTP authentication (RFC 7617, RFC 6750) and user information in URLs (RFC 3986).
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

MARK = "<redacted>"
"""Replaces a secret."""

_TOKENS = re.compile(
    r"gh[opsur]_[A-Za-z0-9]{20,255}|github_pat_[A-Za-z0-9_]{20,255}"
    r"|gl(?:pat|ptt|dt|rt|cbt|soat|ft|imt|agent)-[A-Za-z0-9_\-.]{16,300}"
    r"|xox[abeprs][\-.][A-Za-z0-9\-.]{10,300}|xapp-[A-Za-z0-9\-]{10,300}"
    r"|[sr]k_(?:live|test)_[A-Za-z0-9]{10,255}|whsec_[A-Za-z0-9+/=]{16,255}"
    r"|dckr_[a-z]{3}_[A-Za-z0-9_\-]{20,255}|do[opr]_v1_[a-f0-9]{64}|npm_[A-Za-z0-9]{36}"
    r"|(?<![A-Za-z0-9])(?:"
    r"(?:AKIA|ASIA|AIDA|AROA)[A-Z0-9]{16}(?![A-Z0-9])"
    r"|sk-[A-Za-z0-9_\-]{20,255}|hf_[A-Za-z0-9]{30,60}|pypi-[A-Za-z0-9_\-]{40,500}"
    r"|AIza[A-Za-z0-9_\-]{35}|ya29\.[A-Za-z0-9_\-]{20,500}"
    r"|SG\.[A-Za-z0-9_\-]{16,64}\.[A-Za-z0-9_\-]{16,64}"
    r"|(?<![_\-.])eyJ[A-Za-z0-9_\-]{8,4000}\.[A-Za-z0-9_\-]{8,4000}(?:\.[A-Za-z0-9_\-]{0,4000})?"
    r")"
)
_RARER_TOKENS = re.compile(
    r"(?<![A-Za-z0-9])(?:sg_[0-9a-f]{12}_[A-Za-z0-9_\-]{43}"
    r"|hv[bsr]\.[A-Za-z0-9_\-]{20,300}|[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_\-]{40,90}"
    r"|AGE-SECRET-KEY-1[A-Z0-9]{58}|AKCp[A-Za-z0-9]{69}|cmVmd[A-Za-z0-9]{59}"
    r"|ATATT3[A-Za-z0-9_\-=]{100,300}|dapi[0-9a-f]{32}|dp\.(?:pt|st)\.[A-Za-z0-9]{40,50}"
    r"|dt0c01\.[A-Z2-7]{24}\.[A-Z2-7]{64}|gl(?:sa|c)_[A-Za-z0-9_+/]{32,400}={0,3}"
    r"|GR1348941[A-Za-z0-9_\-]{20}|HRKU-[A-Za-z0-9_\-]{36,80}|lin_api_[A-Za-z0-9]{40}"
    r"|NRAK-[A-Za-z0-9_\-]{27,40}|PMAK-[0-9a-f]{24}-[0-9a-f]{34}|pnu_[A-Za-z0-9]{36}"
    r"|pul-[0-9a-f]{40}|rubygems_[0-9a-f]{48}|sntry[su]_[A-Za-z0-9_+/=]{40,400}"
    r"|shp(?:at|ca|pa|ss)_[A-Fa-f0-9]{32}|sgp_[A-Za-z0-9_]{40,70}|sq[apu]_[0-9a-f]{40}"
    r"|tskey-[a-z]{1,20}-[A-Za-z0-9\-]{10,100}|xkeysib-[0-9a-f]{64}-[A-Za-z0-9]{16}"
    r"|fm2_[A-Za-z0-9_+/\-]{40,600}={0,3}|ops_eyJ[A-Za-z0-9+/]{40,4000}={0,3}"
    r"|[A-Za-z0-9_~.]{3}[0-9]Q~[A-Za-z0-9_~.\-]{31,34})"
)
_SLACK_HOOK = re.compile(r"(hooks\.slack\.com/(?:services|workflows)/)[A-Za-z0-9/_\-]+")
# A password may contain `@`, so the last one before the path counts.
_URL_USER = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.\-]{0,30}://)(?P<user>[^\s/?#\"'<>]{1,2000})@"
)
# A secret of S3 is base64, so it may contain slashes; the name of a bucket contains no `@`.
_BUCKET_USER = re.compile(r"(\bs3://)[^\s:@/\"'<>]{1,200}:[^\s@\"'<>]{1,200}@")
_HEADER = re.compile(
    r"((?:proxy-)?authorization[\"']?\s{0,3}[:=]\s{0,3}[\"']?)([^\s\"',;]+(?: +[^\s\"',;]+)?)",
    re.IGNORECASE,
)
_COOKIE = re.compile(r"(\b(?:set-)?cookie2?[\"']?:\s{0,3}[\"']?)([^\s\"'][^\"'\n]*)", re.IGNORECASE)
_KEY_HEADER = re.compile(
    r"(\bx-(?:api|auth|amz|vault|gitlab|private|access)[a-z\-]{0,40}[\"']?:\s{0,3}[\"']?)([^\s\"',;]+)",
    re.IGNORECASE,
)
_BEARER = re.compile(r"(\bbearer +)(?=[^\s]*[0-9])([A-Za-z0-9._~+/\-]{12,}=*)", re.IGNORECASE)
_BASIC = re.compile(r"(\bbasic +)([A-Za-z0-9+/]{6,4000}={0,2})(?![A-Za-z0-9+/=])", re.IGNORECASE)
_OPTION = re.compile(
    r"((?<![\w\-])--?"
    # An option that names a variable or a file has no secret as its value.
    r"(?![\w\-]{0,100}-(?:variable|env|file|path)(?![\w\-]))(?:[a-z0-9]{1,20}-){0,3}"
    r"(?:password|passwd|passphrase|token|secret|api-?key|access-?key)"
    r"(?:-[a-z]{1,20}){0,2}[\"']? +)"
    r"(?![\"']?[\-$%])(\"[^\"\n]*\"|'[^'\n]*'|[^\s;&|'\"]+)",
    re.IGNORECASE,
)
_PASSWORD_IN_PROSE = re.compile(
    r"(\b(?:password|passwd|passphrase)[ \t]{0,3}:[ \t]{1,3}"
    r"|\blogin[ \t]{1,3}\S{1,200}[ \t]{1,3}password[ \t]{1,3})"
    r"(?!(?:no|yes|none)\b|[\"'<$])([^\s,;]+)",
    re.IGNORECASE,
)
_CURL_USER = re.compile(
    r"(\b(?:curl|wget)\b.{0,500}? (?:-u|--user|--proxy-user)[ =]?)([^\s:]+:[^\s]+)"
)
_QUERY = re.compile(
    r"([?&](?:x-amz-(?:signature|credential|security-token)|sig|signature|key|code"
    r"|access_token|[a-z_]{0,20}token|password)=)([^\s&\"'<>#]+)",
    re.IGNORECASE,
)
_NEAR_WORD = re.compile(
    r"((?:password|passwd|passphrase|secret|token|credentials?|api[ _\-]?key|access[ _\-]?key"
    r"|private[ _\-]?key|auth)[a-z]{0,3}[\"']?\s{0,3}(?:[:=]|is|->)\s{0,3}[\"']?)"
    r"([A-Za-z0-9+/_\-.~]{16,4000}={0,2})",
    re.IGNORECASE,
)
_NETRC_LINE = re.compile(
    r"(^[ \t]{0,8}password[ \t]{1,8})(?=[^\s]*[^\sA-Za-z])([^\s<]\S{0,500})(?=[ \t]*$)",
    re.MULTILINE,
)
_PGPASS = re.compile(
    r"(^[\w.\-*]{1,255}:(?:54[0-9]{2}|6432|\*):[\w.\-*]{1,64}:[\w.\-@*]{1,64}:)"
    r"(?=\S+[ \t]*$)([^\s:]\S*)",
    re.MULTILINE,
)
_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]{1,60}-----")
_END = re.compile(r"-----END [A-Z0-9 ]{1,60}-----")
_BLOCK = re.compile(
    r"-----BEGIN [A-Z0-9 ]{1,60}-----[^-]*(?:-(?!----END [A-Z0-9 ]{1,60}-----)[^-]*)*"
    r"(?:-----END [A-Z0-9 ]{1,60}-----)?"
)
_BLOCK_LINE = re.compile(r"\s*(?:[A-Za-z0-9+/=]*[\\nr\"',;]*\s*\Z|[A-Z][A-Za-z\-]{2,30}: )")
# A block without an end stops after this many lines, so that it cannot hide a whole log.
_LONGEST_BLOCK = 400


def replace_blocks(text: str) -> str:
    """Return `text` with its PEM blocks replaced; an unterminated one extends to the end."""
    return _BLOCK.sub(MARK, text) if "-----BEGIN " in text else text


class PemBlocks:
    """Follows PEM blocks through the lines of a text."""

    def __init__(self) -> None:
        self._left = 0

    @property
    def is_open(self) -> bool:
        """Whether the next line may belong to a block that has begun."""
        return self._left > 0

    def contains_next(self, line: str) -> bool:
        """Return whether the next line belongs to a block, its first and last line included."""
        if "-----BEGIN " in line and _BEGIN.search(line):
            self._left = 0 if _END.search(line) else _LONGEST_BLOCK
            return True
        if not self._left:
            return False
        self._left -= 1
        if _END.search(line):
            self._left = 0
            return True
        if not _BLOCK_LINE.match(line):
            self._left = 0
        return self._left > 0


def _keep_first_group(found: re.Match[str]) -> str:
    return f"{found.group(1)}{MARK}"


def _redact_url_user(found: re.Match[str]) -> str:
    """Redact user information in a URL.

    Users of SSH and Git have no password in a URL, and their names are not secret.
    """
    scheme, user = found["scheme"], found["user"]
    if ":" in user or scheme.lower() in ("http://", "https://", "ftp://", "oci://"):
        return f"{scheme}{MARK}@"
    return found.group()


def _redact_basic(found: re.Match[str]) -> str:
    """Redact `Basic` credentials that decode to `user:password`; other words after it are prose."""
    padded = found.group(2).rstrip("=")
    try:
        plain = base64.b64decode(padded + "=" * (-len(padded) % 4), validate=True)
    except (binascii.Error, ValueError):
        return found.group()
    printable = all(32 <= byte < 127 for byte in plain)
    return _keep_first_group(found) if printable and b":" in plain else found.group()


def _redact_near_word(found: re.Match[str]) -> str:
    """Redact a long mix of letters and digits; words, paths and versions do not look like that."""
    value = found.group(2)
    digits = sum(character.isdigit() for character in value)
    letters = sum(character.isalpha() for character in value)
    looks_like_path = value.count("/") > 2 or value.startswith(("/", "./", "-"))
    return (
        _keep_first_group(found)
        if digits > 1 and letters > 1 and not looks_like_path
        else found.group()
    )


class SecretShape(NamedTuple):
    """A shape of secrets.

    Attributes:
        hints: Lower-case substrings; a text with such a secret contains at least one.
        replacement: Returns the text that replaces a match.
    """

    hints: tuple[str, ...]
    pattern: re.Pattern[str]
    replacement: Callable[[re.Match[str]], str]


def _redact_all(found: re.Match[str]) -> str:
    return MARK


_TOKEN_HINTS = (
    *("akia", "asia", "aida", "aroa", "gho_", "ghp_", "ghs_", "ghu_", "ghr_", "github_pat_"),
    *("glpat-", "glptt-", "gldt-", "glrt-", "glcbt-", "glsoat-", "glft-", "glimt-", "glagent-"),
    *(
        "xoxa-",
        "xoxb-",
        "xoxe-",
        "xoxe.",
        "xoxp-",
        "xoxr-",
        "xoxs-",
        "xapp-",
        "k_live_",
        "k_test_",
        "whsec_",
        "sk-",
        "hf_",
        "npm_",
        "pypi-",
        "dckr_",
    ),
    *("_v1_", "aiza", "ya29.", "sg.", "eyj"),
)
# Few, since each is searched for in every text, and none that hashes contain by chance.
_RARER_TOKEN_HINTS = (
    *("sg_", "hvb.", "hvs.", "hvr.", ".atlasv1.", "age-secret-key-1", "akcp", "cmvmd", "atatt3"),
    *("dapi", "dp.pt.", "dp.st.", "dt0c01.", "glsa_", "glc_", "gr1348941", "hrku-", "lin_api_"),
    *("nrak-", "pmak-", "pnu_", "pul-", "rubygems_", "sntry", "shpat_", "shpca_", "shppa_"),
    *("shpss_", "sgp_", "sqa_", "sqp_", "squ_", "tskey-", "xkeysib-", "fm2_", "ops_eyj", "q~"),
)
_SECRET_WORDS = ("password", "passwd", "passphrase", "secret", "token", "credential", "key", "auth")

SHAPES = (
    SecretShape(_TOKEN_HINTS, _TOKENS, _redact_all),
    SecretShape(_RARER_TOKEN_HINTS, _RARER_TOKENS, _redact_all),
    SecretShape(("hooks.slack.com",), _SLACK_HOOK, _keep_first_group),
    SecretShape(("s3://",), _BUCKET_USER, lambda found: f"{found.group(1)}{MARK}@"),
    SecretShape(("://",), _URL_USER, _redact_url_user),
    SecretShape(("authorization",), _HEADER, _keep_first_group),
    SecretShape(("cookie",), _COOKIE, _keep_first_group),
    SecretShape(("x-a", "x-vault", "x-gitlab", "x-private"), _KEY_HEADER, _keep_first_group),
    SecretShape(("bearer ",), _BEARER, _keep_first_group),
    SecretShape(("basic ",), _BASIC, _redact_basic),
    SecretShape(_SECRET_WORDS[:-1], _OPTION, _keep_first_group),
    SecretShape(("password", "passwd", "passphrase"), _PASSWORD_IN_PROSE, _keep_first_group),
    SecretShape(("password ", "password\t"), _NETRC_LINE, _keep_first_group),
    SecretShape((":54", ":6432:", ":*:"), _PGPASS, _keep_first_group),
    SecretShape(("curl ", "wget "), _CURL_USER, _keep_first_group),
    SecretShape(("?", "&"), _QUERY, _keep_first_group),
    SecretShape(_SECRET_WORDS, _NEAR_WORD, _redact_near_word),
)
"""The shapes that occur within one line; blocks span several."""


def possible_shapes(shapes: Iterable[SecretShape], text: str) -> list[SecretShape]:
    """Return the shapes that can occur in a text, with the hints that do occur; this is cheap."""
    small = text.lower()
    # Each shape keeps only the hints that occur, so that lines are searched for fewer of them.
    live = []
    for shape in shapes:
        present = tuple(hint for hint in shape.hints if hint in small)
        if present:
            live.append(SecretShape(present, shape.pattern, shape.replacement))
    return live


def replace_secrets(shapes: Iterable[SecretShape], text: str) -> str:
    """Return `text` without the secrets of these shapes."""
    small = text.lower()
    for shape in shapes:
        for hint in shape.hints:
            if hint in small:
                text = shape.pattern.sub(shape.replacement, text)
                break
    return text
