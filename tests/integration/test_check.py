"""`provision check` and `up --check` as a user meets them: screen, document, exit codes."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from provision.workflows.checks import descriptions
from provision.workflows.checks.catalog import CHECKS, DEEP
from provision.workflows.checks.descriptions import CHECK_DESCRIPTIONS
from provision.workflows.checks.http import HttpAnswer
from provision.workflows.checks.refusable import RefusedRequest
from provision.workflows.checks.round import ANY_ORIGIN
from provision.workflows.checks.tls import Handshake
from tests.integration.every_screen.world import HOSTILE
from tests.integration.test_cli import CONFIG, Provision, home, provision  # noqa: F401  (fixtures)

ORIGIN = "https://shop.example.com"
INVOCATION = "11111111-2222-3333-4444-555555555555"
HEADERS = {
    "access-control-allow-origin": ORIGIN,
    "access-control-allow-headers": "Content-Type,X-Api-Key",
    "access-control-allow-methods": "GET,OPTIONS,POST",
    "access-control-max-age": "600",
    "x-amz-apigw-id": "E1=",
    "x-amzn-trace-id": "Root=1-5",
}
CHANGES: dict[str, Any] = {
    "api": {
        **CONFIG["api"],
        "routes": {"GET /items": "items", "POST /items": {"function": "items", "body": "Item"}},
        "models": {"Item": {"type": "object"}},
        "cors": {"origins": [ORIGIN], "headers": ["Content-Type", "X-Api-Key"]},
    }
}


@dataclass
class Api:
    """An API that is as config.yaml says, except where `headers` or `status` say otherwise."""

    headers: dict[str, str] = field(default_factory=lambda: dict(HEADERS))
    status: int = 200
    requests: list[str] = field(default_factory=list)
    addresses: set[str] = field(default_factory=set)

    def get(self, path: str, headers: Mapping[str, str]) -> HttpAnswer:
        self.requests.append(f"GET {path}")
        assert headers["Origin"] in {ORIGIN, ANY_ORIGIN}
        if path != "/items":
            return HttpAnswer(404, self.headers)
        keyed = headers.get("x-api-key") == key()
        return HttpAnswer(self.status if keyed else 403, self.headers)

    def options(self, path: str, headers: Mapping[str, str]) -> HttpAnswer:
        self.requests.append(f"OPTIONS {path}")
        return HttpAnswer(200, self.headers)

    def send_refused(self, request: RefusedRequest, headers: Mapping[str, str]) -> HttpAnswer:
        self.requests.append(f"{request.method} {request.path}")
        return HttpAnswer(400 if "x-api-key" in headers else 403, self.headers)


def key() -> str:
    found: str = boto3.client("apigateway").get_api_keys(includeValues=True)["items"][0]["value"]
    return found


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch, home: Path) -> Api:  # noqa: F811
    (home / "config.yaml").write_text(yaml.safe_dump({**CONFIG, **CHANGES}, sort_keys=False))
    made = Api()

    def connect(aws: object, address: str, pace: object, secret: object) -> Api:
        made.addresses.add(address)
        return made

    monkeypatch.setattr("provision.commands.check.HttpCaller", connect)
    tls = "provision.workflows.checks.tls"
    shaken = Handshake("TLSv1.3", 90 * 86_400)
    monkeypatch.setattr(f"{tls}.shake_hands", lambda *_: shaken)
    monkeypatch.setattr(f"{tls}.accepts_tls_1_1", lambda *_: False)
    return made


@pytest.fixture
def deployed(account: None, api: Api, provision: Provision) -> Provision:  # noqa: F811
    assert provision("up", "--yes").code == 0
    access = {"request_id": "E1=", "function_request_id": INVOCATION, "status": "200"}
    put("/aws/apigateway/tap-dev", json.dumps(access))
    put("/aws/lambda/tap-dev-items", f"START RequestId: {INVOCATION} Version: 1")
    return provision


def put(group: str, message: str) -> None:
    logs: Any = boto3.client("logs")
    where = {"logGroupName": group, "logStreamName": "2026/12/01/[1]0f9d1c"}
    logs.create_log_stream(**where)
    at = int(time.time() * 1000)
    logs.put_log_events(**where, logEvents=[{"timestamp": at, "message": message}])


def test_all_that_is_as_config_says_passes(deployed: Provision, api: Api) -> None:
    found = deployed("check")
    assert found.code == 0, found.out
    lines = found.out.splitlines()
    assert lines[0].startswith("tap-dev  https://")
    listed = [line.split()[1] for line in lines if line[:3] in {"  ✓", "  ·", "  ✗"}]
    assert set(listed) == {check.id for check in CHECKS}
    assert " failed" not in lines[-1]
    assert "POST /items" in api.requests
    assert not any(request.startswith(("DELETE", "PUT")) for request in api.requests)


def test_what_fails_says_what_is_wanted_and_what_is_there(deployed: Provision, api: Api) -> None:
    del api.headers["access-control-allow-origin"]
    found = deployed("check", "--wait", "0", "--only", "cors-refusal", "--only", "tls")
    assert found.code == 5
    assert "  ✗ cors-refusal   GET /items" in found.out
    assert f"      want  access-control-allow-origin: {ORIGIN}" in found.out
    assert "      have  no access-control-allow-origin on the 403" in found.out
    assert "`provision up` puts it right" in found.out


def test_a_function_that_fails_leads_to_its_logs(deployed: Provision, api: Api) -> None:
    api.status = 502
    found = deployed("check", "--wait", "0", "--only", "key-right")
    assert found.code == 5
    assert "`provision logs --errors --since 5m` shows why the function fails" in found.out
    assert "provision plan" not in found.out + found.err


def test_a_function_that_refuses_leads_to_all_its_logs(deployed: Provision, api: Api) -> None:
    api.status = 404
    found = deployed("check", "--wait", "120", "--only", "key-right", "--only", "cors-answer")
    assert found.code == 5
    assert "the function itself answers so" in found.out
    assert "`provision logs --since 5m` shows what the function did" in found.out
    assert "provision plan" not in found.out + found.err


def test_the_document(deployed: Provision, api: Api) -> None:
    api.status = 500
    found = deployed("check", "--json", "--wait", "0", "--skip", "access-log")
    document = found.json
    assert found.code == 5
    assert document.keys() == {
        *("schema", "stack", "environment", "region", "account"),
        *("checks", "not_asked", "summary", "calls", "seconds", "error"),
    }
    assert document["error"]["exit_code"] == 5
    assert document["error"]["code"] == "checks-failed"
    assert document["error"]["message"] == "1 check failed: key-right"
    assert document["calls"]["write"] == 0
    assert sum(document["summary"].values()) == len(document["checks"])
    assert "access-log" not in {one["id"] for one in document["checks"]}
    (failure,) = (one for one in document["checks"] if one["result"] == "fail")
    assert (failure["subject"], failure["want"], failure["have"]) == (
        "GET /items",
        "2xx with the key",
        "500",
    )
    assert key() not in found.out + found.err


def test_nothing_to_check(account: None, api: Api, provision: Provision) -> None:  # noqa: F811
    found = provision("check")
    assert found.code == 1
    assert "no deployed API" in found.err
    assert api.requests == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--only", "cors-refused"), "there is no check cors-refused; did you mean cors-refusal?"),
        (("--skip", "x"), "there is no check x"),
        (("--only", "poison"), "it is asked with --deep alone"),
        (("--only", "tls", "--skip", "tls"), "leave no check"),
    ],
)
def test_unknown_checks_are_refused_before_anything_is_asked(
    deployed: Provision, api: Api, words: tuple[str, ...], said: str
) -> None:
    found = deployed("check", *words)
    assert (found.code, said in found.err) == (2, True), found.err
    assert api.requests == []


@pytest.mark.parametrize("saved", [False, True])
def test_up_checks_at_its_end(deployed: Provision, api: Api, saved: bool) -> None:
    assert deployed("plan", "--out", "p.json").code == 0
    words = ("up", "p.json") if saved else ("up", "--yes")
    found = deployed(*words, "--check")
    assert found.code == 0, found.out
    assert "✓ key-right" in found.out
    assert " passed" in found.out.splitlines()[-1]
    document = deployed(*words, "--check", "--json").json
    assert document["error"] is None
    assert document["check"]["summary"]["fail"] == 0
    api.headers["access-control-max-age"] = "5"
    failing = deployed(*words, "--check", "--json")
    assert (failing.code, failing.json["error"]["exit_code"]) == (5, 5)
    assert failing.json["check"]["summary"]["fail"] == 1
    assert deployed(*words, "--check").code == 5
    assert "check" not in deployed(*words, "--json").json


def test_hostile_answers_stay_text(
    deployed: Provision, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    for name in HEADERS:
        api.headers[name] = f"\r\n::error::x \u202e[bold]{HOSTILE}" * 20
    found = deployed("check", "--wait", "0", "--skip", "access-log", "--skip", "function-log")
    assert found.code == 5
    for line in (found.out + found.err).split("\n"):
        assert line.isprintable(), ascii(line)
        assert not line.lstrip().startswith("::")
        assert len(line) < 500
    document = deployed("check", "--json", "--wait", "0", "--only", "preflight").json
    assert all(len(one["have"]) <= 200 for one in document["checks"])


def test_what_was_not_asked_is_named_with_the_command_that_asks_it(
    deployed: Provision, api: Api
) -> None:
    found = deployed("check", "--wait", "0")
    lines = found.out.splitlines()
    at = lines.index("Not asked, since it may write: POST /items")
    assert (
        lines[at + 1]
        == "  → `provision invoke --route 'POST /items' --body '{…}'` sends one request"
    )
    assert lines[at + 2] == "Not asked, since it writes: poison"
    assert lines[at + 3] == "  → `provision check --deep` asks it too"
    document = deployed("check", "--json", "--wait", "0").json
    assert document["not_asked"] == [
        {"subject": "POST /items", "reason": "it may write"},
        {"subject": "poison", "reason": "it writes"},
    ]
    assert "Not asked" not in deployed("check", "--only", "throttle").out


def test_the_checks_can_be_listed_without_config_and_account(
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
) -> None:
    (home / "config.yaml").unlink()
    found = provision("check", "--list")
    assert found.code == 0
    lines = found.out.splitlines()
    assert [line.split()[0] for line in lines] == list(CHECK_DESCRIPTIONS)
    assert len(lines) + len(found.err.splitlines()) < 24
    assert max(map(len, lines)) <= 80
    refused = provision("check", "--only", "key-rigth")
    assert refused.code == 2
    assert "there is no check key-rigth; did you mean key-right?" in refused.err
    assert "`provision check --list`" in refused.err


def test_ids_are_those_of_the_page() -> None:
    assert [check.id for check in (*CHECKS, *DEEP)] == list(CHECK_DESCRIPTIONS)
    assert {check.id for check in DEEP} == descriptions.WRITING == {"poison"}
    assert all(len(each.promise) <= 60 for each in CHECK_DESCRIPTIONS.values())
