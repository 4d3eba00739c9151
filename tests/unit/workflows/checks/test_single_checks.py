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
LIMIT: Mapping[str, Any] = {"function": "items", "key": False, "throttle": {"rate": 5, "burst": 9}}


def public(route: str, **more: Any) -> Mapping[str, Any]:
    """Return the stack with one public route."""
    return {"api": {**CHANGES["api"], "routes": {route: {**LIMIT, **more}}}}


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
    folder: Path,
    check: str,
    answer: HttpAnswer,
    own: HttpAnswer | None = None,
    key: str = "k",
    changes: Mapping[str, Any] = CHANGES,
) -> Verdict:
    """Return the verdict of a check about its first subject."""
    inputs = reference_site(new_aws(), folder, changes)
    stack = reference_stack(new_aws(), folder, changes)
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


@pytest.mark.parametrize(
    ("route", "status", "expected"),
    [
        ("GET /health", 200, PASS),
        ("GET /health", 404, FAIL),
        ("GET /health", 403, FAIL),
        ("GET /health", 502, FAIL),
        ("GET /health", 429, FAIL),
        ("GET /items/{id}", 404, PASS),
        ("GET /items/{id}", 403, FAIL),
        ("GET /items/{id}", 500, FAIL),
    ],
)
def test_a_public_route_answers_without_a_key(
    account: None, tmp_path: Path, route: str, status: int, expected: CheckStatus
) -> None:
    found = asked(tmp_path, "public", answer(status), key="", changes=public(route))
    assert found.status is expected


@pytest.mark.parametrize(("status", "expected"), [(400, PASS), (403, FAIL), (200, FAIL)])
def test_a_public_route_with_a_query_is_refused_for_the_query(
    account: None, tmp_path: Path, status: int, expected: CheckStatus
) -> None:
    changes = public("GET /search", query=["q"])
    assert asked(tmp_path, "public", answer(status), changes=changes).status is expected


def test_of_a_public_route_that_writes_the_deployment_is_asked(
    account: None, tmp_path: Path
) -> None:
    """Nothing that could be taken is sent: the route has no model that refuses a body."""
    found = asked(tmp_path, "public", answer(200), changes=public("POST /hook"))
    assert (found.status, found.have) == (FAIL, "the deployment has no such method")


def test_a_public_route_is_of_no_check_of_keys(account: None, tmp_path: Path) -> None:
    routes = dict.fromkeys(("GET /items", "GET /items/{id}"), LIMIT)
    inputs = reference_site(new_aws(), tmp_path, {"api": {"routes": routes}})
    stack = reference_stack(new_aws(), tmp_path, {"api": {"routes": routes}})
    api = stack.nodes["api"].build({})
    assert isinstance(api, RestApi)
    target = CheckTarget(inputs, stack, api, "id", "https://e", "", (), (), "name")
    subjects = {one.id: set(one.subjects(target)) for one in CHECKS}
    assert subjects["public"] == set(routes)
    assert subjects["key-right"] == set()
    assert not subjects["key-missing"] & set(routes)
    assert set(routes) <= subjects["throttle"]


def test_without_an_enabled_key_it_says_so(account: None, tmp_path: Path) -> None:
    found = asked(tmp_path, "key-right", answer(200), key="")
    assert (found.status, found.have) == (FAIL, "no API key of the stack is enabled")
    assert asked(tmp_path, "cors-answer", answer(200), key="").status is SKIP


@pytest.mark.parametrize(
    ("given", "by_function"),
    [
        (answer(502, x_amzn_errortype="InternalServerErrorException"), True),
        (answer(504, x_amzn_errortype="InternalServerErrorException"), True),
        (answer(500), True),  # the function caught its own error
        (answer(404), True),
        (answer(500, x_amzn_errortype="InternalServerErrorException"), False),  # not permitted yet
        (answer(503, x_amzn_errortype="ServiceUnavailableException"), False),
        (answer(404, x_amzn_errortype="MissingAuthenticationTokenException"), False),
        (answer(403, x_amzn_errortype="ForbiddenException"), False),
        (answer(403), False),  # a web ACL may answer as it likes
        (answer(429), False),
        (HttpAnswer(error="refused"), False),
    ],
)
def test_an_answer_of_the_function_is_told_from_one_that_may_pass_by_itself(
    account: None, tmp_path: Path, given: HttpAnswer, *, by_function: bool
) -> None:
    found = asked(tmp_path, "key-right", given)
    assert (found.status, found.by_function) == (FAIL, by_function)
    assert bool(found.reason) is by_function or given.status in {403, 429}


def test_a_function_that_sends_no_cors_header_is_not_waited_for(
    account: None, tmp_path: Path
) -> None:
    found = asked(tmp_path, "cors-answer", answer(200))
    assert (found.status, found.by_function) == (FAIL, True)
