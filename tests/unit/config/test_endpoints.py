"""Warnings of statements that no endpoint leads to, and of endpoints that let nothing pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from provision.config import load
from provision.config.schema.endpoints import SERVICES
from provision.config.service_reference import services
from tests.unit.config.sample import SAMPLE, changed, problems_of

LINE = "    tables: {items: write}\n"
SENDS = (
    "    policy:\n"
    "      - {actions: ['sqs:SendMessage', 'SQS:GetQueueUrl'],"
    " resources: ['arn:aws:sqs:{region}:{account}:x']}\n"
)


def told(path: Path, function: str = "", network: str = "") -> list[str]:
    text = changed(LINE, LINE + function)
    path.write_text(text.replace("zones: 2}", f"zones: 2{network}}}"), "utf-8")
    said: list[str] = []
    load(path, environment=None, warn=said.append)
    return said


def test_a_statement_of_a_private_function_needs_an_endpoint(path: Path) -> None:
    (said,) = told(path, SENDS)
    assert "config.yaml:27: functions.items.policy[0].actions[0]" in said
    assert "items is in the private network, where no endpoint leads to sqs" in said
    assert "`network: {endpoints: [sqs]}`" in said
    assert "`network: open` below functions.items" in said


@pytest.mark.parametrize(
    ("function", "network"),
    [
        (SENDS, ", endpoints: [sqs]"),
        (SENDS + "    network: open\n", ""),
        (SENDS.replace("sqs:SendMessage", "dynamodb:GetItem").replace(", 'SQS:GetQueueUrl'", "")
         .replace("arn:aws:sqs:{region}:{account}:x", "arn:aws:dynamodb:*:*:table/x"), ""),
        ("    environment: {TOKEN: {secret: 'ssm:/tap/token'}}\n", ", endpoints: [ssm]"),
    ],
)  # fmt: skip
def test_what_is_reached_is_nothing_to_say(path: Path, function: str, network: str) -> None:
    if "environment" in function:
        function = function.replace("    environment", "    layers: []\n    environment")
        text = SAMPLE.replace("    layers: [dependencies]\n", "").replace(
            "    environment: {LOG_LEVEL: INFO}\n", function
        )
        path.write_text(text.replace("zones: 2}", f"zones: 2{network}}}"), "utf-8")
        said: list[str] = []
        load(path, environment=None, warn=said.append)
        assert said == []
        return
    assert told(path, function, network) == []


def test_a_service_without_an_endpoint_here_is_said(path: Path) -> None:
    statement = SENDS.replace("'sqs:SendMessage', 'SQS:GetQueueUrl'", "'ses:SendEmail'")
    statement = statement.replace("arn:aws:sqs", "arn:aws:ses").replace(":x'", ":identity/x'")
    (said,) = told(path, statement)
    assert "no endpoint leads to ses" in said
    assert "there is none that can be added" in said


@pytest.mark.parametrize(
    ("function", "name", "costs"),
    [("", "sqs", True), (SENDS + "    network: open\n", "sqs", True), ("", "s3", False)],
)
def test_an_endpoint_that_lets_nothing_pass_is_said(
    path: Path, function: str, name: str, costs: bool
) -> None:
    (said,) = told(path, function, f", endpoints: [{name}]")
    assert "network.endpoints[0]" in said
    assert f"with actions of {name}: nothing passes the endpoint" in said
    assert ("AWS charges for it by the hour" in said) == costs


def test_a_misspelt_one_is_an_error(path: Path) -> None:
    (problem,) = problems_of(path, SAMPLE.replace("zones: 2}", "zones: 2, endpoints: [sqz]}"))
    assert problem.key == "network.endpoints[0]"
    assert problem.line == 6
    assert 'did you mean "sqs"?' in str(problem)


def test_every_endpoint_has_actions_that_are_known() -> None:
    assert set(SERVICES.values()) <= set(services())
    assert len(set(SERVICES.values())) == len(SERVICES)
    assert {"s3", "secretsmanager", "ssm"} <= SERVICES.keys()
