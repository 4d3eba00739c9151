"""Importing a version again: only while it is denied something that IAM does not show yet."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import pytest

from provision.steps.lambda_ import import_check
from provision.steps.lambda_.import_check import _try
from tests.support.harness import new_aws

DENIED = "AccessDeniedException: not authorized to perform: dynamodb:DescribeTable"


def answer(error: str = "", log: str = "") -> Any:
    """Return an invocation's answer; with an error, the module cannot be loaded."""
    told = {"errorType": "Runtime.ImportModuleError", "errorMessage": error}
    failed = {"FunctionError": "Unhandled"} if error else {}
    return {
        "LogResult": base64.b64encode(log.encode()).decode(),
        "ResponseMetadata": {"RequestId": "r-1"},
        "Payload": io.BytesIO(json.dumps(told if error else {}).encode()),
        **failed,
    }


@pytest.mark.parametrize(
    ("written", "first", "calls"),
    [
        (True, {"error": DENIED}, 2),
        (True, {"error": "no module", "log": DENIED}, 2),
        (False, {"error": DENIED}, 1),
        (True, {"error": "no module"}, 1),
        (True, {"log": DENIED}, 1),
    ],
)
def test_it_is_tried_again_only_if_iam_may_be_late(
    account: None,
    monkeypatch: pytest.MonkeyPatch,
    written: bool,
    first: dict[str, str],
    calls: int,
) -> None:
    answers, asked = [answer(**first), answer()], list[str]()
    aws = new_aws()
    monkeypatch.setattr(type(aws), "iam_written", written)

    def invoke(aws: Any, function: str, number: str) -> Any:
        asked.append(f"{function}:{number}")
        return answers[len(asked) - 1]

    monkeypatch.setattr(import_check, "_invoke", invoke)
    found = _try(aws, "items", "7")
    assert asked == ["items:7"] * calls
    assert bool(found[0]) is (calls == 1 and "error" in first)
