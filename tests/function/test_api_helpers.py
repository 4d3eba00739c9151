"""The helpers with which a function of any kind answers; the items API is tested with them."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from decimal import Decimal
from types import ModuleType
from typing import Any

import pytest

from provision.steps.apigateway.rest_api.responses import gateway_responses
from tests.function.conftest import FUNCTION, forget

EVENT: dict[str, Any] = {
    "headers": {"origin": "https://b.example", "IF-MATCH": '"3"'},
    "requestContext": {
        "requestId": "of-the-caller",
        "extendedRequestId": "ours",
        "identity": {"apiKeyId": "a1b2", "apiKey": "canary"},
    },
}
CHECK = {"provision": "import check"}
"""The event of the import check before a function goes live: it is not a request."""


@pytest.fixture
def helpers(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(FUNCTION))
    for name in ("CORS_ORIGIN", "CORS_HEADERS", "CORS_EXPOSE", "CORS_MAX_AGE", "CORS_COOKIES"):
        monkeypatch.delenv(name, raising=False)
    forget()
    return importlib.import_module("api_helpers")


def test_an_answer_is_json_and_pages_may_read_it(
    helpers: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = helpers.answer(EVENT, 201, {"a": 1}, {"ETag": "x"})
    assert plain == {
        "statusCode": 201,
        "headers": {"Content-Type": "application/json", "ETag": "x"},
        "body": '{"a": 1}',
    }
    monkeypatch.setenv("CORS_ORIGIN", "https://a.example, https://b.example")
    monkeypatch.setenv("CORS_EXPOSE", "ETag")
    headers = helpers.answer(EVENT, 200, {})["headers"]
    assert headers["Access-Control-Allow-Origin"] == "https://b.example"
    assert headers["Vary"] == "Origin"
    assert headers["Access-Control-Expose-Headers"] == "ETag"
    assert "Access-Control-Allow-Credentials" not in headers
    monkeypatch.setenv("CORS_COOKIES", "true")
    headers = helpers.answer(EVENT, 200, {})["headers"]
    assert headers["Access-Control-Allow-Credentials"] == "true"
    other = helpers.answer({"headers": {"Origin": "https://evil.example"}}, 200, {})["headers"]
    assert other["Access-Control-Allow-Origin"] == "https://a.example"


def test_a_failure_names_the_request(helpers: ModuleType) -> None:
    found = helpers.failure(EVENT, 404, "There is none.", [{"field": "id", "problem": "unknown"}])
    assert found["statusCode"] == 404
    assert json.loads(found["body"])["error"] == {
        "code": "not_found",
        "message": "There is none.",
        "request_id": "ours",
        "details": [{"field": "id", "problem": "unknown"}],
    }


def test_who_called_is_an_id_and_no_key(helpers: ModuleType) -> None:
    assert helpers.api_key_id(EVENT) == "a1b2"
    assert helpers.header(EVENT, "If-Match") == '"3"'


@pytest.mark.parametrize("event", [CHECK, {"headers": None, "requestContext": None}])
def test_an_event_that_is_no_request_is_answered_too(helpers: ModuleType, event: Any) -> None:
    assert helpers.failure(event, 400, "no")["statusCode"] == 400
    assert helpers.api_key_id(event) is None


def test_numbers_of_a_table_are_numbers(helpers: ModuleType) -> None:
    document = {"whole": Decimal(3), "part": Decimal("2.5")}
    assert helpers.answer(EVENT, 200, document)["body"] == '{"whole": 3, "part": 2.5}'
    with pytest.raises(TypeError, match="set is not JSON"):
        helpers.answer(EVENT, 200, {1})


def test_it_needs_no_package() -> None:
    """boto3 is imported only to read a secret."""
    code = (
        f"import sys; sys.path.insert(0, {str(FUNCTION)!r}); import api_helpers as h\n"
        "h.Secrets({}); h.answer({}, 200, {})\n"
        "try: h.Secrets({'A': 'canary'}).read('A')\n"
        "except h.SecretUnavailable as error: assert 'canary' not in str(error)\n"
    )
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], check=False)
    assert done.returncode == 0


def test_errors_of_api_gateway_have_another_form(helpers: ModuleType) -> None:
    """The docstring of `error_document` says so."""
    ours = helpers.error_document(400, "no", "id", [{"field": "name"}])
    assert set(ours) == {"error"}
    assert set(ours["error"]) == {"code", "message", "request_id", "details"}
    theirs = gateway_responses(None)["BAD_REQUEST_BODY"].templates["application/json"]
    assert re.findall(r'"(\w+)": ("?)', theirs) == [
        ("message", ""),  # API Gateway puts it in quotes
        ("details", '"'),
        ("request_id", '"'),
    ]
    assert "at the top, and `details`" in " ".join(helpers.error_document.__doc__.split())
    assert "API Gateway" not in helpers.failure.__doc__
