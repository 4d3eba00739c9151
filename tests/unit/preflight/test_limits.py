"""Errors that AWS would raise in the middle of `up` are reported before it, by line and key."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from provision.config import ConfigInvalid, Problem, load
from provision.preflight import check_first_requests, check_requests
from provision.preflight.check import Variant
from provision.preflight.limits import LIMITS, NAMES, SUMS, Limit
from provision.preflight.rehearsal import Request, service_model
from provision.preflight.requests import rehearse
from provision.steps.ec2.endpoint import POLICY_SPACE
from provision.steps.iam.role_policies import SPACE
from tests.unit.config.sample import SAMPLE, changed, line_of
from tests.unit.preflight.page import PAGE, whole_page

LONG = "x" * 60
FUNCTION = "{source: function, handler: app.handler}"


def problems_of(path: Path, text: str) -> tuple[Problem, ...]:
    path.write_text(text, encoding="utf-8")
    try:
        load(path, environment=None, check_requests=check_requests)
    except ConfigInvalid as invalid:
        return invalid.problems
    return ()


def warnings_of(path: Path, text: str) -> list[str]:
    path.write_text(text, encoding="utf-8")
    said: list[str] = []
    load(path, environment=None, check_requests=check_requests, warn=said.append)
    return said


def with_environment(values: dict[str, str]) -> str:
    """Only the file's own environment counts: in others, the tool's own variables are longer."""
    own = SAMPLE.partition("environments:")[0]
    return changed("environment: {LOG_LEVEL: INFO}", f"environment: {json.dumps(values)}", own)


@dataclass(frozen=True)
class Case:
    """A wrong configuration; `at` begins the line that is reported."""

    reason: str
    text: str
    at: str
    key: str
    says: str


CASES = [
    Case(
        "derived name too long",
        changed("functions:\n", f"functions:\n  {LONG}: {FUNCTION}\n"),
        f"  {LONG}",
        f"functions.{LONG}",
        f'called "tap-dev-us-east-1-{LONG}": 78 characters, 14 more than AWS\'s 64',
    ),
    Case(
        "no room for a function's name",
        changed("name: tap", "name: " + "t" * 59),
        "name: t",
        "name",
        "more than AWS's 64",
    ),
    Case(
        "renamed, and in AWS as before",
        changed("functions:\n  items:", f"moved: {{function.{LONG}: function.items}}\nfunctions:\n"
                "  items:"),
        "  items:\n    source",
        "functions.items",
        "14 more than AWS's 64",
    ),
    Case(
        "references too large",
        with_environment({}).replace(
            "environment: {}",
            "environment: {"
            + ", ".join(f"B{n}: {{secret: secretsmanager:{'a' * 500}}}" for n in range(9))
            + "}",
        ),
        "    environment: {B0",
        "functions.items.environment",
        "more than AWS's 4,096",
    ),
    Case(
        "many small variables",
        with_environment({f"V{n:03}": "12345" for n in range(275)}),
        "    environment: {",
        "functions.items.environment",
        "more than AWS's 4,096",
    ),
    Case(
        "a domain too long for a certificate",
        changed("{name: api.example.com", f"{{name: {'a' * 53}.example.com"),
        "  domain:",
        "api.domain.name",
        "65 characters, 1 more than AWS's 64",
    ),
    Case(
        "two roles of one name",
        changed("functions:\n", f"functions:\n  flow-logs: {FUNCTION}\n").replace(
            "zones: 2", "zones: 2, flow_logs: {traffic: ALL}"
        ),
        "  flow-logs:",
        "functions.flow-logs",
        "would be both network.flow_logs.role and function.flow-logs.role",
    ),
    Case(
        "an environment with a long name",
        changed("  prod:", f"  {'p' * 61}:"),
        "  ppp",
        f"environments.{'p' * 61}",
        "more than AWS's 64",
    ),
    Case(
        "too large a schema",
        changed("properties: {name: {type: string}}",
                f"properties: {{name: {{type: string, description: {'a' * 409_600}}}}}"),
        "    Item: {",
        "api.models.Item",
        "more than AWS's 409,600",
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.reason)
def test_what_aws_would_refuse_is_told_by_line_and_key(case: Case, path: Path) -> None:
    (problem, *others) = problems_of(path, case.text)
    assert others == []
    assert (problem.line, problem.key) == (line_of(case.text, case.at), case.key)
    assert case.says in problem.message


def test_nothing_is_wrong_with_the_sample(path: Path) -> None:
    assert problems_of(path, SAMPLE) == ()


def sent_environment(path: Path, text: str) -> int:
    """Return the size in bytes of the JSON that CreateFunction is given, computed by the test."""
    path.write_text(text, encoding="utf-8")
    (request,) = (
        request
        for request in rehearse(load(path, environment=None)).requests
        if request.name == "lambda.CreateFunction"
    )
    variables = request.parameters["Environment"]["Variables"]
    pairs = (f"{json.dumps(name)}:{json.dumps(value)}" for name, value in variables.items())
    return len("{" + ",".join(pairs) + "}")


def test_an_environment_of_4096_bytes_is_taken_and_one_more_is_not(path: Path) -> None:
    room = 4096 - sent_environment(path, with_environment({"SECRET": ""}))
    assert problems_of(path, with_environment({"SECRET": "v" * room})) == ()
    (problem,) = problems_of(path, with_environment({"SECRET": "v" * (room + 1)}))
    assert "4,097 bytes, 1 more than AWS's 4,096" in problem.message
    assert "vvv" not in str(problem)


def tables(many: int, begin: str = "t") -> str:
    """Return a sample whose function reads all tables, called `begin` and a number."""
    own = SAMPLE.partition("environments:")[0]
    added = "".join(f"  {begin}{n}: {{key: id}}\n" for n in range(many))
    text = changed("tables:\n", f"tables:\n{added}", own)
    granted = ", ".join(f"{begin}{n}: read" for n in range(many))
    return changed("tables: {items: write}", f"tables: {{items: write, {granted}}}", text)


def characters(path: Path, text: str, node: str = "function.items.grants") -> int:
    path.write_text(text, encoding="utf-8")
    return sum(
        len("".join(request.parameters["PolicyDocument"].split()))
        for request in rehearse(load(path, environment=None)).requests
        if request.node == node and "PolicyDocument" in request.parameters
    )


def test_policies_of_many_tables_fit_into_a_role_and_are_counted(path: Path) -> None:
    few, more = characters(path, tables(40)), characters(path, tables(60))
    assert few < 5_000  # a policy a table filled it with 22
    assert (more - few) / 20 == len('"arn:aws:dynamodb:us-east-1:012345678901:table/tap-dev-t59",')


def test_a_hundred_tables_of_long_names_fit_into_a_role_and_an_endpoint(path: Path) -> None:
    """Names of 30 characters. Their variables fill another limit, that of the environment."""
    text = tables(100, "orders-of-the-north-")
    assert characters(path, text) <= SPACE
    assert characters(path, text, "network.endpoint") <= POLICY_SPACE
    (problem,) = problems_of(path, text)
    assert "environment as JSON" in problem.message


def test_what_does_not_fit_into_a_role_is_told_before_the_first_call(path: Path) -> None:
    text = tables(100, "orders-of-the-north-and-the-south-and-west-")
    assert characters(path, text) > SPACE
    told = [str(problem) for problem in problems_of(path, text)]
    assert any("inline policies of the function's role" in each for each in told)


def test_too_many_secrets_for_a_role_are_told(path: Path) -> None:
    """Each has its own key, as narrow as such a statement can be."""
    secrets = ", ".join(
        f'S{n}: {{secret: "ssm:/{n}", key: alias/{"k" * 100}{n}}}' for n in range(40)
    )
    text = with_environment({}).replace("environment: {}", f"environment: {{{secrets}}}")
    (problem,) = problems_of(path, text)
    assert "inline policies" in problem.message
    assert "characters" in problem.message
    assert problem.line == line_of(text, "  items:\n    source") + 1


def test_too_many_statements_for_a_role_are_told(path: Path) -> None:
    line = (
        "        - {actions: ['s3:GetObject'], resources: ['arn:aws:s3:::" + "d" * 60 + "%d/*']}\n"
    )
    statements = "".join(line % number for number in range(100))
    tables = "    tables: {items: write}\n"
    text = changed(tables, f"{tables}    policy:\n{statements}")
    (problem,) = problems_of(path, text)
    assert "inline policies" in problem.message
    assert "fewer tables, secrets and statements" in problem.suggestion
    assert problem.line == line_of(text, "  items:\n    source") + 1


def routes(many: int) -> str:
    lines = "".join(f"    GET /r{n}: items\n" for n in range(many))
    return changed("    GET /items: items\n", lines + "    GET /items: items\n")


def test_what_a_quota_can_raise_is_told_and_stops_nothing(path: Path) -> None:
    assert warnings_of(path, routes(297)) == []  # the root, /items and /items/{id}
    (said,) = warnings_of(path, routes(298))
    assert "301 resources, 1 more than AWS's 300" in said
    assert 'raise the quota "Resources/Routes per REST/WebSocket API"' in said
    assert f":{line_of(SAMPLE, '  routes:') + 1}: api.routes" in said


def test_only_the_environment_in_effect_is_foreseen_by_what_acts(path: Path) -> None:
    asked: list[int] = []

    def counted(variants: list[Variant]) -> list[list[Problem]]:
        asked.append(len(variants))
        return check_first_requests(variants)

    path.write_text(changed("  prod:", f"  {'p' * 61}:"), encoding="utf-8")
    load(path, environment=None, check_requests=counted)  # type: ignore[arg-type]
    assert asked == [3]
    with pytest.raises(ConfigInvalid):
        load(path, environment="p" * 61, check_requests=check_first_requests)


def test_nothing_is_foreseen_while_something_else_is_wrong(path: Path) -> None:
    text = changed("timeout: 10", "timeout: 901").replace("name: tap", "name: " + "t" * 59)
    (problem,) = problems_of(path, text)
    assert problem.key == "functions.items.timeout"


@pytest.mark.parametrize("limit", NAMES, ids=lambda limit: limit.what)
def test_a_name_is_measured_to_the_letter(limit: Limit) -> None:
    operation, member = _OPERATIONS[limit.what]
    service, name = operation.split(".")
    model = service_model(service).operation_model(name)
    request = Request("x", model, {member: "n" * (limit.most + 1)})
    assert [each.size for each in limit.measure([request])] == [limit.most + 1]


_OPERATIONS = {
    "the function's name": ("lambda.CreateFunction", "FunctionName"),
    "the dead-letter queue's name": ("sqs.CreateQueue", "QueueName"),
    "the table's name": ("dynamodb.CreateTable", "TableName"),
    "the topic's name": ("sns.CreateTopic", "Name"),
    "the dashboard's name": ("cloudwatch.PutDashboard", "DashboardName"),
    "the security group's name": ("ec2.CreateSecurityGroup", "GroupName"),
}


def dashboard(widgets: int, metrics: int) -> str:
    graph = {"properties": {"metrics": [["x"]] * metrics}}
    return json.dumps({"widgets": [graph] * widgets})


@pytest.mark.parametrize(
    ("operation", "parameters", "size"),
    [
        ("cloudwatch.PutDashboard", {"DashboardBody": dashboard(501, 1)}, "501 widgets"),
        ("cloudwatch.PutDashboard", {"DashboardBody": dashboard(25, 101)}, "2,525 metrics"),
        ("kms.CreateKey", {"Policy": "p" * 32_769}, "32,769 bytes"),
        ("ec2.CreateVpcEndpoint", {"PolicyDocument": "p" * 20_481}, "20,481 characters"),
        ("sqs.CreateQueue", {"QueueName": "q", "tags": {str(n): "" for n in range(51)}}, "51 tags"),
    ],
)
def test_a_sum_is_measured_to_the_last(
    operation: str, parameters: dict[str, object], size: str
) -> None:
    service, name = operation.split(".")
    request = Request("x", service_model(service).operation_model(name), parameters)
    over = [
        f"{measured.size:,} {limit.unit}"
        for limit in SUMS
        for measured in limit.measure([request])
        if measured.size > limit.most
    ]
    assert over == [size]


def test_no_two_limits_say_the_same() -> None:
    assert len({limit.what for limit in LIMITS}) == len(LIMITS)


def test_the_page_is_made_of_the_table() -> None:
    assert PAGE.read_text("utf-8") == whole_page(), "run: make limits"
