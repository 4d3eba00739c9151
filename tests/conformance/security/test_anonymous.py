"""No request without a key ends above 499, by AWS's rules for the stack's settings.

https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/integration-passthrough-behaviors.html
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

import botocore.session
import pytest

from provision.steps.apigateway.rest_api.contents import Contents, Method
from tests.function.test_cors import shipped
from tests.unit.test_layout import ROOT

FAILURES: Final = {
    "API_CONFIGURATION_ERROR",
    "AUTHORIZER_CONFIGURATION_ERROR",
    "AUTHORIZER_FAILURE",
    "DEFAULT_5XX",
    "INTEGRATION_FAILURE",
    "INTEGRATION_TIMEOUT",
}
"""Response types whose status by AWS is, or may be, above 499."""
REFUSALS: Final = {
    *("ACCESS_DENIED", "BAD_REQUEST_BODY", "BAD_REQUEST_PARAMETERS", "DEFAULT_4XX"),
    *("EXPIRED_TOKEN", "INVALID_API_KEY", "INVALID_SIGNATURE", "MISSING_AUTHENTICATION_TOKEN"),
    *("QUOTA_EXCEEDED", "REQUEST_TOO_LARGE", "RESOURCE_NOT_FOUND", "THROTTLED", "UNAUTHORIZED"),
    *("UNSUPPORTED_MEDIA_TYPE", "WAF_FILTERED"),
}
PAGE: Final = (ROOT / "docs" / "security.md").read_text("utf-8")
ROWS: Final = re.findall(
    r"^\|.*`tests/conformance/security/test_anonymous\.py::(\w+)` \|$", PAGE, re.MULTILINE
)


@pytest.fixture(scope="module")
def contents(tmp_path_factory: pytest.TempPathFactory) -> Contents:
    return shipped(Path(tmp_path_factory.mktemp("shipped")))[0]


@pytest.fixture(scope="module")
def methods(contents: Contents) -> dict[str, Method]:
    return {
        f"{verb} {path}": method
        for path, verbs in contents.resources.items()
        for verb, method in verbs.items()
    }


@pytest.fixture(scope="module")
def preflights(methods: dict[str, Method]) -> list[Method]:
    found = [method for name, method in methods.items() if name.startswith("OPTIONS ")]
    assert found
    return found


def test_every_row_is_here_and_every_test_has_its_row() -> None:
    here = set(re.findall(r"^def (test_\w+)\(", Path(__file__).read_text("utf-8"), re.MULTILINE))
    others = {
        "test_every_row_is_here_and_every_test_has_its_row",
        "test_every_type_of_answer_is_known",
    }
    assert sorted(ROWS) == sorted(here - others)
    text = (ROOT / "tests" / "function" / "test_hostile_callers.py").read_text("utf-8")
    assert "\ndef test_whatever_is_sent(" in text


def test_every_type_of_answer_is_known() -> None:
    kinds: Any = botocore.session.Session().get_service_model("apigateway")
    assert set(kinds.shape_for("GatewayResponseType").enum) == FAILURES | REFUSALS


def test_only_preflights_are_open(methods: dict[str, Method]) -> None:
    opened = {name for name, method in methods.items() if not method.api_key}
    assert opened == {name for name in methods if name.startswith("OPTIONS ")}


def test_whatever_may_fail_stands_behind_a_key(methods: dict[str, Method]) -> None:
    kinds = {(m.integration and m.integration.kind, m.api_key) for m in methods.values()}
    assert kinds == {("AWS_PROXY", True), ("MOCK", False)}


def test_a_preflight_passes_no_body_on(preflights: list[Method]) -> None:
    assert {m.integration and m.integration.passthrough for m in preflights} == {"NEVER"}


def test_a_preflight_is_a_constant(preflights: list[Method]) -> None:
    for method in preflights:
        assert method.integration
        (template,) = method.integration.templates.values()
        assert "$" not in template
        assert "#" not in template
        assert json.loads(template) == {"statusCode": 200}
        assert method.integration.parameters == {}


def test_a_preflights_answer_is_always_found(preflights: list[Method]) -> None:
    for method in preflights:
        assert method.integration
        assert [(s, r.pattern) for s, r in method.integration.responses.items()] == [("200", "")]
        ((_, response),) = method.integration.responses.items()
        assert all(re.fullmatch(r"'[^']*'", value) for value in response.headers.values())
        assert response.templates == {}
        assert set(method.responses) == {"200"}
        assert set(response.headers) <= set(method.responses["200"])


def test_nothing_is_decoded(contents: Contents, methods: dict[str, Method]) -> None:
    assert contents.settings.binary_types == ()
    assert {m.integration and m.integration.conversion for m in methods.values()} == {None}


def test_a_validator_answers_400(contents: Contents, preflights: list[Method]) -> None:
    responses = contents.gateway_responses
    for kind in ("BAD_REQUEST_BODY", "BAD_REQUEST_PARAMETERS"):
        assert responses[kind].status == "400"
    for method in preflights:
        assert (method.validator, method.models, method.parameters) == (None, {}, {})


def test_no_refusal_becomes_a_failure(contents: Contents) -> None:
    ours = {kind: response.status for kind, response in contents.gateway_responses.items()}
    assert ours["DEFAULT_4XX"] is None
    statuses = [status for kind, status in ours.items() if kind in REFUSALS - {"DEFAULT_4XX"}]
    assert all(status and 400 <= int(status) <= 499 for status in statuses)
    assert ours.keys() <= REFUSALS | {"DEFAULT_5XX"}


def test_no_authorizer_can_fail(methods: dict[str, Method]) -> None:
    assert {method.authorization for method in methods.values()} == {"NONE"}
