import json
import re
import shlex
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders.evidence import Variable
from loaders.logs.redaction import MARK, Redactor
from loaders.logs.variables import (
    MAX_VALUE,
    MAX_VARIABLES,
    environment_from_mapping,
    parse_environment,
)

DOCS = Path(__file__).parents[3] / "docs" / "redaction.md"
TOKEN = "ghp_" + "a1B2c3D4" * 5
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIabc=\nabc==\nexport=\n-----END RSA PRIVATE KEY-----"


def parse_values(text: str) -> dict[str, str | None]:
    return {variable.name: variable.value for variable in parse_environment(text)}


# Reading


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("export A=1;\n", {"A": "1"}),
        ("export A='x y';\nunset B;\n", {"A": "x y", "B": None}),
        ("export A='';\n", {"A": ""}),
        ("export A=;\n", {"A": ""}),
        ("export A='it'\"'\"'s';\n", {"A": "it's"}),
        ("export A='one\ntwo B=3\n';\nexport C=4;\n", {"A": "one\ntwo B=3\n", "C": "4"}),
        ("A=1; export A\n", {"A": "1"}),
        ('A="x \\"y\\" $z"; export A\n', {"A": 'x "y" $z'}),
        ("A='x\ny'; export A\nB=2; export B\n", {"A": "x\ny", "B": "2"}),
        ("#PWD=/x; export PWD\nA=1; export A\n", {"A": "1"}),
        ("function ml() { eval x\nB=3\n}; export -f ml\nA=1; export A\n", {"A": "1"}),
        ("BASH_FUNC_ml%%=() {  eval x\n}\nA=1\n", {"A": "1"}),
        ("A=a b  c\nB=\nC=x=y\n", {"A": "a b  c", "B": "", "C": "x=y"}),
        ("A=it's\nB=can't\n", {"A": "it's", "B": "can't"}),
        ("A=one\n two\nB=3\n", {"A": "one\n two", "B": "3"}),
        ('export A="x"\n', {"A": "x"}),
        ('declare -x A="x"\n', {"A": "x"}),
        ("setenv A 'x y';\nunsetenv B;\n", {"A": "x y", "B": None}),
        ("A=1\r\nB=2\r\n", {"A": "1", "B": "2"}),
        ("export A=1;\nexport A=2;\n", {"A": "2"}),
        ("export A=1;\nunset A;\n", {"A": None}),
        ("A=1\0B=2\0", {"A": "1", "B": "2"}),
        (
            '{"A": "x y", "B": null, "C": 3, "D": {"e": 1}}',
            {"A": "x y", "B": None, "C": "3", "D": '{"e": 1}'},
        ),
        ("", {}),
        ("no environment\n", {}),
        ("export A='never closed\n", {"A": "'never closed"}),
        ("{not json", {}),
    ],
)
def test_every_form_of_an_environment_is_parsed(
    text: str, variables: dict[str, str | None]
) -> None:
    assert parse_values(text) == variables


def test_invalid_utf8_is_replaced() -> None:
    assert parse_environment(b"export A='\xff';\n") == [Variable("A", "\ufffd")]


_NAMES = st.from_regex(r"\A[A-Z][A-Z0-9_]{0,8}\Z").filter(
    lambda name: not Redactor().is_secret(name)
)
_VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=20)


@given(st.dictionaries(_NAMES, _VALUES | st.none(), max_size=6))
def test_values_written_by_spack_are_read_back(values: dict[str, str | None]) -> None:
    changes = "".join(
        f"unset {name};\n" if value is None else f"export {name}={shlex.quote(value)};\n"
        for name, value in values.items()
    )
    assert parse_values(changes) == parse_values(json.dumps(values))
    kept = {name: value for name, value in values.items() if value is not None}
    whole = "".join(f"{name}={shlex.quote(value)}; export {name}\n" for name, value in kept.items())
    assert parse_values(whole) == parse_values(json.dumps(kept))


@given(st.text("AB=;'\"\n \\ex-port", max_size=40))
def test_any_text_is_accepted(text: str) -> None:
    for variable in parse_environment(text):
        assert variable.name
        assert len(variable.digest) == 64


def test_real_environments_are_parsed(corpus: Path) -> None:
    files = sorted((corpus / "store").rglob("spack-build-env*.txt"))
    for file in files:
        expected: dict[str, str | None] = {}
        for line in file.read_text().splitlines():
            if line.startswith("unset "):
                expected[line.removeprefix("unset ").rstrip(";")] = None
            elif not line.startswith("#"):
                words = shlex.split(re.sub(r";(?: export \w+)?$", "", line.removeprefix("export ")))
                name, _, value = words[0].partition("=")
                expected[name] = value
        assert parse_values(file.read_text()) == expected
    assert len(files) == 58


def test_a_mapping_is_an_environment() -> None:
    assert environment_from_mapping({"A": "x", "B": None, "TOKEN": "y", "C": True}) == [
        Variable("A", "x"),
        Variable("B", None),
        Variable("TOKEN", MARK, redacted=True),
        Variable("C", "true"),
    ]


def test_length_and_number_of_variables_are_limited() -> None:
    (variable,) = environment_from_mapping({"A": "x" * (MAX_VALUE * 4)})
    assert variable.value == "x" * MAX_VALUE + f" [... {3 * MAX_VALUE} characters cut]"
    assert not variable.redacted
    assert (
        len(environment_from_mapping({f"A{number}": "" for number in range(20_000)}))
        == MAX_VARIABLES
    )


def test_a_lone_surrogate_does_not_break_the_digest() -> None:
    (variable,) = parse_environment('{"A": "\\ud800x"}')
    assert variable.value == "?x"
    assert len(variable.digest) == 64


# Secrets by name

SECRET_NAMES = (
    *("GITHUB_TOKEN", "SPACK_CDASH_AUTH_TOKEN", "AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID"),
    *("PGPASSWORD", "DB_PASS", "MYSQL_PWD", "SMTP_PW", "GPG_PASSPHRASE", "NPM_AUTH"),
    *("SSH_AUTH_SOCK", "MY_CREDENTIALS", "GCP_CREDS", "CI_JOB_JWT", "AZURE_SAS"),
    *("OPENAI_API_KEY", "apikey", "githubToken", "SESSION_ID", "SESSIONID", "PHPSESSION_KEY"),
    *("MY_SESSION", "HTTP_COOKIE", "STRIPE_KEY", "SSH_PRIVATE_KEY", "SLACK_WEBHOOK_URL"),
    *("ENCRYPTION_KEY", "db-password", "PASSWD"),
)
PLAIN_NAMES = (
    *("PWD", "OLDPWD", "PATH", "KEYBOARD", "MONKEY", "KEYMAP", "AUTHOR", "GIT_AUTHOR_NAME"),
    *("XAUTHORITY", "GIT_ASKPASS", "SSH_ASKPASS", "BYPASS", "COMPASS_DIR"),
    *("TOKENIZERS_PARALLELISM", "SPACK_COMPILER_FLAGS_KEEP", "SPACK_CC", "SPACK_SHORT_SPEC"),
    *("SPACK_ENV_PATH", "SSL_CERT_FILE", "AWS_CA_BUNDLE", "DESKTOP_SESSION", "XDG_SESSION_TYPE"),
    *("SESSIONS_DIR", "CFLAGS", "HOME", "SLURM_JOB_ID", "PASSENGER_ROOT", "USER"),
)


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_a_secret_name_redacts_the_value(name: str) -> None:
    assert environment_from_mapping({name: "x"}) == [Variable(name, MARK, redacted=True)]
    assert environment_from_mapping({name: ""}) == [Variable(name, "")]
    assert environment_from_mapping({name: None}) == [Variable(name, None)]


@pytest.mark.parametrize("name", PLAIN_NAMES)
def test_a_plain_name_keeps_the_value(name: str) -> None:
    assert environment_from_mapping({name: "x"}) == [Variable(name, "x")]


def test_no_variable_in_real_environments_is_redacted(corpus: Path) -> None:
    files = sorted((corpus / "store").rglob("spack-build-env*.txt"))
    assert not [
        variable
        for file in files
        for variable in parse_environment(file.read_text())
        if variable.redacted
    ]


# Secrets by shape


SECRETS = {
    "github": TOKEN,
    "github, fine grained": "github_pat_" + "a1B2_" * 8,
    "gitlab": "glpat-" + "a1B2" * 5,
    "gitlab, job": "glcbt-64_" + "a1B2" * 5,
    "amazon": "AKIA" + "ABCD2345" * 2,
    "slack": "xoxb-" + "123456789012-abcdef",
    "stripe": "sk_live_" + "a1B2" * 6,
    "google": "AIza" + "a1B2c3_" * 5,
    "npm": "npm_" + "a1B2" * 9,
    "pypi": "pypi-AgEI" + "a1B2" * 12,
    "hugging face": "hf_" + "aBcD" * 9,
    "openai": "sk-proj-" + "a1B2" * 8,
    "json web token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    "pem": PEM,
}


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_shape_is_redacted_anywhere(name: str) -> None:
    secret = SECRETS[name]
    for text in (secret, f"x {secret} y", f"value='{secret}'", f"a={secret};b"):
        redacted = Redactor().redact_text(text)
        assert redacted == text.replace(secret, MARK)
    (variable,) = environment_from_mapping({"HARMLESS": f"x:{secret}"})
    assert variable == Variable("HARMLESS", f"x:{MARK}", redacted=True)


def test_a_private_key_is_redacted_in_every_form_of_an_environment() -> None:
    for text in (
        f"A={PEM}\nB=1\n",
        f"export A='{PEM}';\nexport B=1;\n",
        json.dumps({"A": PEM, "B": "1"}),
    ):
        assert parse_values(text) == {"A": MARK, "B": "1"}
    unending = PEM.partition("-----END")[0]
    assert parse_values(f"A={unending}") == {"A": MARK}


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("https://u:p@ss@h/x", f"https://{MARK}@h/x"),
        ("git clone https://u:p@h/x.git && ls", f"git clone https://{MARK}@h/x.git && ls"),
        ("mongodb+srv://u:p@h/db", f"mongodb+srv://{MARK}@h/db"),
        ("a https://u:p@h/1 b https://v:q@i/2", f"a https://{MARK}@h/1 b https://{MARK}@i/2"),
        ("export GH_PAT_TOKEN=abc", f"export GH_PAT_TOKEN={MARK}"),
        ("+ MY_SECRET='a b' make", f"+ MY_SECRET='{MARK}' make"),
        ("{'api_key': 'abc', 'x': 'y'}", f"{{'api_key': '{MARK}', 'x': 'y'}}"),
        ("access_key = 'abc'", f"access_key = '{MARK}'"),
        ("'--with-token=abc'", f"'--with-token={MARK}'"),
        ("wget --http-password=abc --user=x", f"wget --http-password={MARK} --user=x"),
        ("--password=1234", f"--password={MARK}"),
        ("SMTP_PW_OLD=abc", f"SMTP_PW_OLD={MARK}"),
        ("https://hooks.slack.com/services/T0/B0/x1", f"https://hooks.slack.com/services/{MARK}"),
    ],
)
def test_secrets_in_lines_are_redacted(text: str, redacted: str) -> None:
    assert Redactor().redact_text(text) == redacted


@pytest.mark.parametrize(
    "text",
    [
        "https://host:8080/path@v1",
        "git+ssh://git@github.com/x",
        "error: expected token: ';'",
        "    5 |   token = next_token();",
        "int token=0;",
        "password=$PW",
        "--with-password=no",
        "checking for password... no",
        "Basic installation finished",
        "Basic aGVsbG8gd29ybGQ=",
        "f(key=value)",
        "ld: cannot find -lsecret",
        "src/auth/token.c:5: error: use parse_values undeclared 'token'",
        "secret: /usr/lib/x86_64/libsecret-1.so.0",
        "commit 0123456789abcdef0123456789abcdef01234567",
        "gcc -DKEY_SIZE=128 -DAUTHOR=me",
        "the author is 0123",
        "==> [2026-11-24-00:07:36.133928] '/usr/bin/make' '-j2' 'V=1'",
        "-----BEGIN TESTS",
        "eyJust a word",
        "task-sk-1",
    ],
)
def test_other_text_is_kept(text: str) -> None:
    assert Redactor().redact_text(text) == text


_AROUND = st.sampled_from([" ", "\n", " token=", "x ", "https://", "@", ": ", "'", "=", "/"])


@given(st.lists(st.tuples(_AROUND, st.sampled_from(["", "y", *SECRETS.values()])), max_size=5))
def test_redacting_twice_is_redacting_once(parts: list[tuple[str, str]]) -> None:
    once = Redactor().redact_text("".join(around + secret for around, secret in parts))
    assert Redactor().redact_text(once) == once


@given(st.lists(st.sampled_from([TOKEN, "x", " ", "token=y", "https://u:p@h"]), max_size=6))
def test_lines_are_redacted_like_the_whole_text(parts: list[str]) -> None:
    redact = Redactor().by_line()
    assert redact([" ".join(parts), "z"]) == [Redactor().redact_text(" ".join(parts)), "z"]


def test_lines_after_a_block_are_kept() -> None:
    redact = Redactor().by_line()
    assert redact(["a", *PEM.split("\n")[:2]]) == ["a", MARK, MARK]
    assert redact(["QUJD", "configure: error: no", "b"]) == [MARK, "configure: error: no", "b"]
    assert redact([*PEM.split("\n"), "c"]) == [*[MARK] * 5, "c"]


def test_no_line_in_real_logs_is_redacted(corpus: Path) -> None:
    redactor = Redactor()
    for path in (corpus / "store").glob("*/failed-stages/*/spack-build-out.txt"):
        assert redactor.redact_text(path.read_text()) == path.read_text()


# The operator's own patterns


def test_a_file_adds_names_and_values(tmp_path: Path) -> None:
    path = tmp_path / "rules"
    path.write_text(
        "# ours\n\nname:ACME_*\n name:*_licen[cs]e_server \nvalue:acme-[0-9]{4}\n"
        "value:server (?P<secret>\\S+) port\n"
    )
    redactor = Redactor.from_file(path)
    assert [
        redactor.is_secret(name) for name in ("ACME_X", "acme_x", "MY_ACME_X", "X_License_Server")
    ] == [
        True,
        True,
        False,
        True,
    ]
    assert redactor.redact_text("x acme-1234 server abc port") == f"x {MARK} server {MARK} port"
    assert redactor.redact_text("ACME_X=abc MAKE=make") == f"ACME_X={MARK} MAKE=make"
    assert redactor.by_line()(["ACME_X=abc", "acme-1234"]) == [f"ACME_X={MARK}", MARK]
    assert parse_environment("ACME_X=abc\nTOKEN=x\nA=acme-1234\n", redactor) == [
        Variable("ACME_X", MARK, redacted=True),
        Variable("TOKEN", MARK, redacted=True),
        Variable("A", MARK, redacted=True),
    ]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"secret", "neither name:GLOB nor value:REGEX"),
        (b"names:X", "neither name:GLOB nor value:REGEX"),
        (b"value:(", "not a regular expression"),
        (b"value:x*", "matches an empty text"),
        (b"value:", "matches an empty text"),
        (b"name:*", "every variable"),
        (b"name:", "every variable"),
    ],
)
def test_a_bad_rule_is_refused_with_its_line(tmp_path: Path, line: bytes, why: str) -> None:
    path = tmp_path / "rules"
    path.write_bytes(b"# comment\nname:OK\n" + line + b"\n")
    with pytest.raises(ValueError, match=re.escape(why)) as caught:
        Redactor.from_file(path)
    assert f"{path}, line 3: " in str(caught.value)


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rules"
    path.write_bytes(b"name:\xff\n")
    with pytest.raises(ValueError, match="not UTF-8") as caught:
        Redactor.from_file(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(("names", "values"), [(["*"], []), ([], ["("])])
def test_bad_patterns_are_refused(names: list[str], values: list[str]) -> None:
    with pytest.raises(ValueError, match=r"every variable|regular expression"):
        Redactor(names, values)


# The documented list


def _fences() -> list[str]:
    return re.findall(r"^```text\n(.*?)^```", DOCS.read_text(), re.MULTILINE | re.DOTALL)


def test_the_documented_examples_hold() -> None:
    examples = [line.split(" -> ") for line in _fences()[0].splitlines()]
    assert len(examples) > 10
    for given_text, redacted in examples:
        assert Redactor().redact_text(given_text) == redacted


def test_the_documented_file_is_valid(tmp_path: Path) -> None:
    path = tmp_path / "rules"
    path.write_text(_fences()[1])
    redactor = Redactor.from_file(path)
    assert redactor.is_secret("ACME_X")
    assert redactor.is_secret("my_license_server")
    assert redactor.redact_text("acme-" + "0a" * 12) == MARK
    assert redactor.redact_text("license server abc port 1") == f"license server {MARK} port 1"


def test_the_documented_names_are_classified_as_documented() -> None:
    text = DOCS.read_text()
    documented = re.search(
        r"So (.*?)are redacted, and (.*?) are not\. Never secret by name are (.*?)\.",
        text,
        re.DOTALL,
    )
    assert documented is not None
    secret, plain, never = (re.findall(r"`(\w+)`", part) for part in documented.groups())
    assert [name for name in secret if not Redactor().is_secret(name)] == []
    assert [name for name in [*plain, *never] if Redactor().is_secret(name)] == []
    assert len(secret) == 5
    assert len(never) == 8
