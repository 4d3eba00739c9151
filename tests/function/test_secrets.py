"""A secret is fetched when it is needed, cached for a while, and never shown."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from tests.function.conftest import ENVIRONMENT, Function

VALUE = "canary-of-the-function"
ANEW = "canary-rotated"
PARAMETER = {**ENVIRONMENT, "CURSOR_KEY": "ssm:/shop/cursor"}
SECRET = {**ENVIRONMENT, "CURSOR_KEY": "secretsmanager:shop/cursor"}
AT_ONCE = {"POWERTOOLS_PARAMETERS_MAX_AGE": "0"}


@pytest.fixture
def asked(function: Function, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Yield every call to a service that keeps secrets, with the name in it."""
    named: list[str] = []

    def note(params: dict[str, Any], model: Any, **_: Any) -> None:
        if model.service_model.service_name in {"ssm", "secretsmanager"}:
            body = json.loads(params["body"])
            named.append(f"{model.name} {body.get('Name') or body.get('SecretId')}")

    make = boto3.session.Session.client

    def watched(session: boto3.session.Session, *words: Any, **more: Any) -> Any:
        client = make(session, *words, **more)
        client.meta.events.register("before-call.*.*", note)
        return client

    keep(VALUE)
    monkeypatch.setattr(boto3.session.Session, "client", watched)
    yield named
    monkeypatch.undo()


def keep(value: str) -> None:
    boto3.client("ssm").put_parameter(
        Name="/shop/cursor", Value=value, Type="SecureString", Overwrite=True
    )
    secrets = boto3.client("secretsmanager")
    try:
        secrets.create_secret(Name="shop/cursor", SecretString=value)
    except secrets.exceptions.ResourceExistsException:
        secrets.put_secret_value(SecretId="shop/cursor", SecretString=value)


def fill(function: Function) -> None:
    for name in ("a", "b", "c"):
        assert function.call("POST", body={"id": name, "name": name}).status == 201


def opened(cursor: str) -> dict[str, str]:
    document: dict[str, str] = json.loads(base64.urlsafe_b64decode(cursor + "=="))
    return document


def closed(document: dict[str, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


def page(function: Function, cursor: str | None = None) -> Any:
    return function.call("GET", query={"limit": "1"} | ({"cursor": cursor} if cursor else {}))


def seal(after: str, key: str) -> str:
    return hmac.new(key.encode(), after.encode(), "sha256").hexdigest()


@pytest.mark.parametrize(
    ("settings", "call"),
    [(PARAMETER, "GetParameter /shop/cursor"), (SECRET, "GetSecretValue shop/cursor")],
    ids=["ssm", "secretsmanager"],
)
def test_it_is_fetched_once_and_when_it_is_needed(
    function: Function, asked: list[str], call: str, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(function)
    assert function.call("GET").status == 200  # all items on one page: no cursor
    assert asked == []
    first = page(function)
    cursor = first.document["cursor"]
    assert opened(cursor)["seal"] == seal(opened(cursor)["after"], VALUE)
    second = page(function, cursor)
    assert second.document["items"] != first.document["items"]
    assert asked == [call]
    assert VALUE not in capsys.readouterr().out


@pytest.mark.parametrize("settings", [PARAMETER])
def test_a_cursor_of_somebody_elses_is_refused(function: Function, asked: list[str]) -> None:
    fill(function)
    for forged in (
        closed({"after": "a"}),
        closed({"after": "a", "seal": seal("a", "guessed")}),
        closed({"after": "b", "seal": seal("a", VALUE)}),
        closed({"after": "a", "seal": "ä"}),
    ):
        answer = page(function, forged)
        assert (answer.status, answer.fields) == (400, {"cursor"})
    assert page(function, closed({"after": "a", "seal": seal("a", VALUE)})).status == 200


def test_without_a_key_cursors_are_not_sealed(function: Function, asked: list[str]) -> None:
    fill(function)
    cursor = page(function).document["cursor"]
    assert set(opened(cursor)) == {"after"}
    assert page(function, cursor).status == 200
    assert asked == []


@pytest.mark.parametrize(
    ("settings", "key"),
    [(PARAMETER, VALUE), (PARAMETER | AT_ONCE, ANEW), (SECRET | AT_ONCE, ANEW)],
    ids=["remembered", "ssm", "secretsmanager"],
)
def test_a_rotated_value_arrives_when_the_old_is_forgotten(
    function: Function, asked: list[str], key: str
) -> None:
    fill(function)
    page(function)
    keep(ANEW)
    cursor = opened(page(function).document["cursor"])
    assert cursor["seal"] == seal(cursor["after"], key)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({**ENVIRONMENT, "CURSOR_KEY": "ssm:/shop/gone"}, "CURSOR_KEY: ssm:/shop/gone"),
        ({**ENVIRONMENT, "CURSOR_KEY": "secretsmanager:gone"}, "CURSOR_KEY: secretsmanager:gone"),
        ({**ENVIRONMENT, "CURSOR_KEY": VALUE}, "CURSOR_KEY does not say where"),
    ],
    ids=["ssm", "secretsmanager", "the value itself"],
)
def test_what_cannot_be_fetched_is_named_in_the_log_alone(
    function: Function, asked: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(function)
    answer = page(function)
    assert answer.status == 500
    assert "CURSOR_KEY" not in answer.text
    logged = capsys.readouterr().out
    assert told in logged
    assert VALUE not in logged + answer.text


@pytest.mark.parametrize("settings", [SECRET])
def test_a_binary_secret_is_no_text(
    function: Function, asked: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    boto3.client("secretsmanager").put_secret_value(SecretId="shop/cursor", SecretBinary=b"\xff")
    fill(function)
    assert page(function).status == 500
    assert "secretsmanager:shop/cursor holds no text" in capsys.readouterr().out
