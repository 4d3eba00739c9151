"""The function reads and answers exactly the headers that config.yaml opens to pages.

A test of this folder fails if it makes the function answer a header that pages may not read
(conftest.py).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from provision.aws.access import Location
from provision.config import Cors
from provision.stack import StackInputs, build_stack
from provision.stack.environment import environment
from provision.steps.apigateway.rest_api.api import RestApi
from provision.steps.apigateway.rest_api.contents import Contents
from tests.function.conftest import CORS, ENVIRONMENT, FUNCTION, Function
from tests.support.sample_stack import TinySources, configured

BY_BROWSERS = {"origin", "user-agent"}
"""Headers that browsers send by themselves, without permission."""
IDS = {"x-amz-apigw-id", "x-amzn-requestid"}
OTHER = {
    "origins": ["https://app.example.com"],
    "headers": ["X-Api-Key", "X-More"],
    "expose": ["X-One", "X-Two"],
    "max_age": 5,
}


def headers_read() -> Iterator[str]:
    """Yield the name in every access to a request's headers."""
    for file in sorted(FUNCTION.glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("event.headers.get"):
                name = ast.literal_eval(node.args[0])
                assert isinstance(name, str)
                yield name


def test_pages_may_send_what_the_function_reads() -> None:
    read = list(headers_read())
    assert "If-Match" in read
    uses = sum(file.read_text("utf-8").count("event.headers") for file in FUNCTION.glob("*.py"))
    assert uses == len(read), 'read headers by event.headers.get("Name"), so that they are seen'
    allowed = {name.lower() for name in CORS.headers}
    assert {name.lower() for name in read} - BY_BROWSERS <= allowed


def test_an_item_and_a_refusal_answer_what_pages_are_told_of(function: Function) -> None:
    """Every exposed header is answered by some request, except the ids, which API Gateway adds."""
    function.call("POST", body={"name": "a"})
    function.fail("Scan", ClientError({"Error": {"Code": "ThrottlingException"}}, "Scan"))
    assert function.call("GET").status == 429
    assert {name.lower() for name in CORS.expose} - function.answered == IDS


def shipped(directory: Path, cors: object = None) -> tuple[Contents, dict[str, str]]:
    """Return the wanted API, and the environment of its function."""
    where = Location("012345678901", "us-east-1", "aws", "amazonaws.com")
    inputs = StackInputs(
        configured(directory, {"api": {"cors": cors}} if cors else None),
        where,
        ("us-east-1a", "us-east-1b"),
        TinySources(directory / "zips"),
        lambda api, stage: f"https://{api}/{stage}",
    )
    api = build_stack(inputs).nodes["api"].build({})
    assert isinstance(api, RestApi)
    return api.contents(), environment(inputs, "items")


def test_pages_may_read_what_api_gateway_answers_itself(tmp_path: Path) -> None:
    exposed = {name.lower() for name in CORS.expose}
    assert exposed >= IDS
    contents, _ = shipped(tmp_path)
    for kind, answer in contents.gateway_responses.items():
        names = {header.rpartition(".")[2].lower() for header in answer.headers}
        own = {name for name in names if name.startswith("access-control-")}
        assert names - own <= exposed, kind


@pytest.mark.parametrize("cors", [None, OTHER])
def test_all_answers_say_the_same(tmp_path: Path, cors: dict[str, object] | None) -> None:
    """The function answers successes, and API Gateway answers OPTIONS and errors."""
    wanted = Cors.model_validate(cors) if cors else CORS
    contents, variables = shipped(tmp_path, cors)
    expected = {
        "Access-Control-Allow-Origin": wanted.origins[0],
        "Access-Control-Allow-Headers": ",".join(wanted.headers),
        "Access-Control-Expose-Headers": ",".join(wanted.expose),
    }
    on_function = {
        "Access-Control-Allow-Origin": variables["CORS_ORIGIN"],
        "Access-Control-Allow-Headers": variables["CORS_HEADERS"],
        "Access-Control-Expose-Headers": variables["CORS_EXPOSE"],
    }
    assert on_function == expected
    told = [answer.headers for answer in contents.gateway_responses.values()]
    preflights = [methods["OPTIONS"] for methods in contents.resources.values() if methods]
    assert len(preflights) == 2
    for preflight in preflights:
        assert preflight.integration
        told.append(preflight.integration.responses["200"].headers)
    for headers in told:
        found = {name.rpartition(".")[2]: value.strip("'") for name, value in headers.items()}
        assert {name: found.get(name) for name in expected} == expected


def test_the_function_is_told_as_these_tests_tell_it(tmp_path: Path) -> None:
    _, variables = shipped(tmp_path)
    for told in (variables, ENVIRONMENT):
        assert {name for name in told if name.startswith("CORS_")} == {
            *("CORS_ORIGIN", "CORS_HEADERS", "CORS_EXPOSE", "CORS_MAX_AGE"),
        }


@pytest.mark.parametrize("settings", [ENVIRONMENT | {"CORS_EXPOSE": ""}])
def test_nothing_exposed_is_nothing_said(function: Function) -> None:
    assert "Access-Control-Expose-Headers" not in function.call("GET").headers
