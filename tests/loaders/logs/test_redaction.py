"""Secrets in the forms of Spack, shells and file formats, and look-alikes that must stay."""

import random
import re
import string
import time
from pathlib import Path

import pytest

from loaders.logs.redaction import MARK, Redactor

REDACTOR = Redactor()
OWN = "sg_0123456789ab_" + "Ab1-_" * 8 + "Xyz"
SECRET = "pa55-w0rd"

FORMS = {
    "-DAPI_TOKEN:STRING={}": "a cache entry of CMake",
    "-DDB_PASSWORD:UNINITIALIZED={} -DX=1": "one without a type",
    "spack mirror add --s3-access-key-secret {} m s3://b": "an option of `spack mirror add`",
    "spack mirror set --s3-access-token={} m": "the same with an equals sign",
    "spack mirror add --oci-password {} m": "the password of a registry",
    "==> Fetching s3://AKIDEXAMPLE:{}@bucket/path": "user information with a secret",
    "==> Fetching s3://AKIDEXAMPLE:ab/{}/c+d@bucket/path": "a secret of base64 with slashes",
    "setenv CI_JOB_TOKEN {}": "csh",
    'setenv CI_JOB_TOKEN "{}"': "csh, quoted",
    "set -gx NPM_TOKEN {}": "fish",
    "++ export SPACK_CDASH_AUTH_TOKEN={}": "`set -x`",
    "+ env HF_TOKEN='{}' python setup.py": "`set -x`, quoted",
    'setenv("DB_PASSWORD", "{}")': "a module of Lmod",
    "env.set('AWS_SECRET_ACCESS_KEY', '{}')": "a recipe",
    '"body": "{{\\"password\\": \\"{}\\"}}"': "JSON within JSON",
    '{{\\\\\\"api_key\\\\\\": \\\\\\"{}\\\\\\"}}': "the same, twice",
    "<password>{}</password>": "XML",
    '<ns:accessToken type="x">{}</ns:accessToken>': "XML with a prefix and an attribute",
    "db.example.org:5432:app:me:{}": ".pgpass",
    "*:*:*:me:{}": ".pgpass with wildcards",
    "  password {}": ".netrc, a line of its own",
    "machine host login me password {}": ".netrc, one line",
}


@pytest.mark.parametrize("form", FORMS)
def test_a_secret_is_redacted_in_the_forms_that_tools_write(form: str) -> None:
    line = form.format(SECRET)
    [redacted] = REDACTOR.by_line()([line])
    assert SECRET not in redacted, FORMS[form]
    assert MARK in redacted
    assert REDACTOR.redact_text(line) == redacted


HEX = "0123456789abcdef"
WORD = string.ascii_letters + string.digits
BASE32 = string.ascii_uppercase + "234567"

TOKENS = {
    "Specgraph": lambda of: f"sg_{of(HEX, 12)}_{of(WORD + '-_', 43)}",
    "AWS key": lambda of: f"AKIA{of(BASE32, 16)}",
    "Vault service": lambda of: f"hvs.{of(WORD, 90)}",
    "Vault batch": lambda of: f"hvb.{of(WORD + '-_', 140)}",
    "Terraform": lambda of: f"{of(WORD, 14)}.atlasv1.{of(WORD, 64)}",
    "age": lambda of: f"AGE-SECRET-KEY-1{of(string.ascii_uppercase + string.digits, 58)}",
    "Artifactory": lambda of: f"AKCp{of(WORD, 69)}",
    "Artifactory reference": lambda of: f"cmVmd{of(WORD, 59)}",
    "Atlassian": lambda of: f"ATATT3{of(WORD, 186)}",
    "Azure client": lambda of: f"{of(WORD, 3)}8Q~{of(WORD, 33)}",
    "Databricks": lambda of: f"dapi{of(HEX, 32)}",
    "DigitalOcean": lambda of: f"dop_v1_{of(HEX, 64)}",
    "Doppler": lambda of: f"dp.pt.{of(WORD, 43)}",
    "Dynatrace": lambda of: f"dt0c01.{of(BASE32, 24)}.{of(BASE32, 64)}",
    "Fly": lambda of: f"fm2_{of(WORD, 120)}",
    "GitHub": lambda of: f"ghp_{of(WORD, 36)}",
    "GitHub fine-grained": lambda of: f"github_pat_{of(WORD + '_', 82)}",
    "GitLab": lambda of: f"glpat-{of(WORD, 20)}",
    "GitLab runner": lambda of: f"GR1348941{of(WORD, 20)}",
    "Google": lambda of: f"AIza{of(WORD, 35)}",
    "Grafana service": lambda of: f"glsa_{of(WORD, 32)}_{of(HEX, 8)}",
    "Grafana cloud": lambda of: f"glc_{of(WORD, 60)}",
    "Heroku": lambda of: f"HRKU-AA{of(WORD + '-_', 58)}",
    "Hugging Face": lambda of: f"hf_{of(string.ascii_letters, 34)}",
    "JSON web token": lambda of: f"eyJ{of(WORD, 30)}.eyJ{of(WORD, 40)}.{of(WORD, 43)}",
    "Linear": lambda of: f"lin_api_{of(WORD, 40)}",
    "New Relic": lambda of: f"NRAK-{of(string.ascii_uppercase + string.digits, 27)}",
    "npm": lambda of: f"npm_{of(WORD, 36)}",
    "Postman": lambda of: f"PMAK-{of(HEX, 24)}-{of(HEX, 34)}",
    "Prefect": lambda of: f"pnu_{of(WORD, 36)}",
    "Pulumi": lambda of: f"pul-{of(HEX, 40)}",
    "PyPI": lambda of: f"pypi-AgEIcHlwaS5vcmc{of(WORD, 80)}",
    "RubyGems": lambda of: f"rubygems_{of(HEX, 48)}",
    "SendGrid": lambda of: f"SG.{of(WORD, 22)}.{of(WORD, 43)}",
    "Sentry": lambda of: f"sntryu_{of(HEX, 64)}",
    "Shopify": lambda of: f"shpat_{of(HEX, 32)}",
    "Slack": lambda of: f"xoxb-{of(string.digits, 12)}-{of(string.digits, 12)}-{of(WORD, 24)}",
    "SonarQube": lambda of: f"squ_{of(HEX, 40)}",
    "Sourcegraph": lambda of: f"sgp_{of(HEX, 40)}",
    "Stripe": lambda of: f"sk_live_{of(WORD, 24)}",
    "Tailscale": lambda of: f"tskey-auth-{of(WORD, 17)}-{of(WORD, 32)}",
    "1Password": lambda of: f"ops_eyJ{of(WORD, 260)}",
}
"""Kinds of tokens that secret scanners know by a prefix of their own, with generated examples."""


@pytest.mark.parametrize("kind", TOKENS)
def test_tokens_known_to_secret_scanners_are_redacted(kind: str) -> None:
    rng = random.Random(kind)
    for _ in range(5):
        token = TOKENS[kind](lambda alphabet, length: "".join(rng.choices(alphabet, k=length)))
        for line in (f"using {token} now", f'{{"x": "{token}"}}', f"curl -H x:{token}", token):
            [redacted] = REDACTOR.by_line()([line])
            assert token not in redacted, line
            assert token[-12:] not in redacted, line


HARMLESS = (
    'version("1.3.1", sha256="9a93b2b7dfdac77ceba5a558a580e74667dd6fede4585b91eefb60f03b72df23")',
    "==> Fetching https://mirror.spack.io/_source-cache/archive/9a/9a93b2b7dfdac77ceba5a558a58.tar.gz",
    "-DCMAKE_BUILD_TYPE:STRING=Release -DUSE_TOKENIZER:BOOL=ON -DX_TOKEN_FILE:FILEPATH=/etc/x",
    "spack mirror add --s3-access-key-secret-variable MY_VARIABLE m s3://bucket",
    "s3://bucket/path@1.0 and s3://bucket:/x",
    "setenv PATH /usr/bin:/bin",
    "set -e; set -x; set -o pipefail",
    "<name>zlib</name><version>1.3</version><key/><token></token>",
    "sqlite3.c:5432:12:warning: unused variable",
    "zlib-1.3.1-bkqohjjvopye6g7dbqatlij3shk2qcyu eaaadapiakcpltaiabiaaccaa3ta",
    "password required",
    "msg_0123456789ab_done sgp_short hvs.x dp.pt.x pul-requests",
    'env.set("CC", "gcc")',
    '{\\"name\\": \\"zlib\\", \\"token_count\\": 5}',
)


@pytest.mark.parametrize("line", HARMLESS)
def test_hashes_urls_and_settings_stay(line: str) -> None:
    assert REDACTOR.by_line()([line]) == [line]


def test_nothing_in_the_corpus_is_a_token_of_these_kinds(corpus: Path) -> None:
    """Real build logs, recipes and documents keep every line without a secret."""
    suspicious = re.compile(
        r"pass|token|secret|key|auth|cred|cookie|session|jwt|bearer|://|BEGIN", re.IGNORECASE
    )
    changed, read = [], 0
    for path in sorted(corpus.rglob("*")):
        if path.suffix not in (".out", ".txt", ".py", ".log", ".xml") or "bulk" in path.parts:
            continue
        text = path.read_text("utf-8", "replace")
        read += 1
        lines = text.split("\n")
        pairs = zip(lines, REDACTOR.by_line()(lines), strict=True)
        changed += [each for each, after in pairs if each != after and not suspicious.search(each)]
    assert read > 50
    assert changed == []


LONG = (
    *("-D" * 50_000, "<a " * 50_000, "a:" * 50_000, '\\"a' * 50_000, "setenv " * 20_000),
    *("<token>" * 20_000, "s3://a:" * 20_000, "--a-" * 40_000, "hvs." * 40_000),
    *("password " * 20_000, "*:*:*:" * 20_000, 'setenv("TOKEN", ' * 10_000, "sg_" * 50_000),
    *("TOKEN:STRING=" * 10_000, "set -gx TOKEN " * 10_000, "x.atlasv1." * 15_000),
    *('\\\\\\"token\\\\\\": ' * 10_000, "dapi0123 " * 20_000, "aaa8Q~" * 25_000),
)


@pytest.mark.parametrize("line", LONG, ids=lambda line: line[:14])
def test_time_is_linear_in_the_length_of_a_line(line: str) -> None:
    def seconds(text: str) -> float:
        times = []
        for _ in range(3):
            start = time.process_time()
            REDACTOR.by_line()([text])
            times.append(time.process_time() - start)
        return min(times)

    short, whole = seconds(line[: len(line) // 8]), seconds(line)
    # Eight times the text takes about eight times as long; quadratic would be 64 times.
    assert whole < 24 * short + 0.05
