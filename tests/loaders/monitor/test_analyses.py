"""Results of analyzers, as they are kept."""

from typing import Any

import pytest

from loaders.logs.redaction import Redactor
from loaders.monitor.analyses import read_analyses

SECRET = "https://user:pa55word@example.org/x"


@pytest.mark.parametrize(
    "metadata",
    [
        {"config_args": f"--from={SECRET}"},
        {"other": SECRET},
        {"other": {"value": SECRET}},
        {"other": [{"json_value": f'{{"from": "{SECRET}"}}', "name": "other-json"}]},
        {"other": {"from": [SECRET]}},
    ],
)
def test_secrets_are_redacted_in_every_result(metadata: dict[str, Any]) -> None:
    [kept] = read_analyses(metadata, Redactor()).attachments
    assert "https://<redacted>@example.org/x" in kept.log.text
    assert "pa55word" not in kept.log.text
