"""Checks whose faults the emulator cannot have: trace, domain, live-active, a web ACL, own TLS."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from provision.steps.apigateway.rest_api.api import RestApi
from provision.workflows.checks.catalog import CHECKS
from provision.workflows.checks.http import HttpAnswer
from provision.workflows.checks.round import Round, RunMemory
from provision.workflows.checks.target import CheckTarget
from provision.workflows.checks.verdict import CheckStatus, Verdict
from tests.support.harness import new_aws
from tests.support.sample_stack import reference_site, reference_stack

DOMAIN = "api.example.com"
CHANGES: Mapping[str, Any] = {"api": {"domain": {"name": DOMAIN, "zone": "example.com"}, "waf": {}}}
PASS, FAIL, SKIP = CheckStatus


class Answering:
    """An API that answers each GET with one answer."""

    def __init__(self, answer: HttpAnswer) -> None:
        self.answer = answer

    def get(self, path: str, headers: Mapping[str, str]) -> HttpAnswer:
        return self.answer

    def options(self, path: str, headers: Mapping[str, str]) -> HttpAnswer:
        raise AssertionError

    send_refused = cast("Any", options)


def asked(
    folder: Path, check: str, answer: HttpAnswer, own: HttpAnswer | None = None, key: str = "k"
) -> Verdict:
    """Return the verdict of a check about its first subject."""
    inputs = reference_site(new_aws(), folder, CHANGES)
    stack = reference_stack(new_aws(), folder, CHANGES)
    api = stack.nodes["api"].build({})
    assert isinstance(api, RestApi)
    address = inputs.invoke_url("id", "v1")
    target = CheckTarget(inputs, stack, api, "id", address, "", (), (), "name")
    at: Any = None
    named, aws_own = Answering(answer), Answering(own or answer)
    this = Round(new_aws(), target, named, aws_own, at, RunMemory(key))
    found = next(one for one in CHECKS if one.id == check)
    return found.ask(this, found.subjects(target)[0])


def answer(status: int, message: str = "", **headers: str) -> HttpAnswer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpAnswer(status, {"x-amz-apigw-id": "E1=", **named}, message)


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (answer(200, x_amzn_trace_id="Root=1-5"), PASS),
        (answer(200), FAIL),
        (answer(403), SKIP),
        (HttpAnswer(error="refused"), SKIP),
    ],
)
def test_trace(account: None, tmp_path: Path, given: HttpAnswer, status: CheckStatus) -> None:
    assert asked(tmp_path, "trace", given).status is status


@pytest.mark.parametrize(
    ("name", "own", "status"),
    [
        (answer(404), answer(403, "Forbidden"), PASS),
        (answer(404), HttpAnswer(error="no such host"), PASS),
        (answer(404), answer(404), FAIL),
        (answer(404), answer(200), FAIL),
        (HttpAnswer(error="no such host"), answer(403), FAIL),
    ],
)
def test_a_domain_is_the_only_way_in(
    account: None, tmp_path: Path, name: HttpAnswer, own: HttpAnswer, status: CheckStatus
) -> None:
    assert asked(tmp_path, "domain", name, own).status is status


def test_a_live_version_that_is_gone_fails(account: None, tmp_path: Path) -> None:
    found = asked(tmp_path, "live-active", answer(200))
    assert (found.status, found.have) == (FAIL, "there is no version behind live")


@pytest.mark.parametrize(
    ("shown", "status"),
    [
        ({"State": "Active", "LastUpdateStatus": "Successful", "Version": "8"}, PASS),
        ({"State": "Inactive", "LastUpdateStatus": "Successful"}, FAIL),
        ({"State": "Active", "LastUpdateStatus": "InProgress"}, FAIL),
        ({"State": "Failed", "LastUpdateStatus": "Successful", "StateReason": "no subnet"}, FAIL),
        ({"State": "Active"}, FAIL),
    ],
)
def test_a_live_version_is_active(
    account: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    shown: dict[str, str],
    status: CheckStatus,
) -> None:
    monkeypatch.setattr(Round, "configuration", lambda *_: shown)
    found = asked(tmp_path, "live-active", answer(200))
    assert found.status is status
    assert found.reason == shown.get("StateReason", "")


def test_a_403_behind_a_web_acl_says_whose_it_may_be(account: None, tmp_path: Path) -> None:
    theirs = asked(tmp_path, "key-right", answer(403, "Forbidden"))
    assert "the web ACL may have blocked it" in theirs.reason
    ours = asked(tmp_path, "key-right", answer(403, "Forbidden: send a valid key in the header"))
    assert "--wait 120" in ours.reason
    assert {theirs.status, ours.status} == {FAIL}
    spent = asked(tmp_path, "key-right", answer(429))
    assert "quota" in spent.reason


@pytest.mark.parametrize(
    ("status", "expected"), [(403, PASS), (404, PASS), (200, FAIL), (502, FAIL)]
)
def test_an_unknown_path_is_refused(
    account: None, tmp_path: Path, status: int, expected: CheckStatus
) -> None:
    assert asked(tmp_path, "route-unknown", answer(status)).status is expected


def test_without_an_enabled_key_it_says_so(account: None, tmp_path: Path) -> None:
    found = asked(tmp_path, "key-right", answer(200), key="")
    assert (found.status, found.have) == (FAIL, "no API key of the stack is enabled")
    assert asked(tmp_path, "cors-answer", answer(200), key="").status is SKIP
