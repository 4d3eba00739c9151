"""Every command in a string of the sources is whole, in backticks, and accepted by the program."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import botocore.session
import click
import pytest
from botocore import xform_name

from provision.aws.access import Location
from provision.cli import cli
from provision.workflows.arn_kinds import ARN_KINDS
from tests.conformance.hints.line import STAND_IN, refusals
from tests.support.sample_stack import ROOT

FILES = sorted((ROOT / "provision").rglob("*.py"))
VERBS = "|".join(cli.commands)
TICKED = re.compile(r"`([^`\n]+)`")
BARE = re.compile(rf"(?<![\w./-])provision (?:{VERBS})\b")
BEGUN = re.compile(rf"(?:{VERBS}) (?!\w+:)")
"""A command without the program's name."""
OF_OTHERS = re.compile(r"aws |uv pip|set -l |requirements|--hash|\{\}|\{arn\}")
"""Texts with options of other programs."""
AWS_OWN = (
    "configure",
    "configure list-profiles",
    "configure export-credentials",
    "login",
    "sso login",
)
"""Commands of AWS's command line that are not API calls."""


def texts(file: Path) -> Iterator[tuple[int, str, bool]]:
    """Yield line, text, and whether it is a docstring; values filled in later are replaced."""
    tree = ast.parse(file.read_text("utf-8"))
    explanations = {id(each.value) for each in ast.walk(tree) if isinstance(each, ast.Expr)}
    filled = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    parts = {id(part) for each in filled for part in ast.walk(each)}
    for each in filled:
        yield each.lineno, "".join(map(_piece, each.values)), False
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
            yield node.lineno, node.value, id(node) in explanations


def _piece(part: ast.expr) -> str:
    match part:
        case ast.Constant():
            return str(part.value)
        case ast.FormattedValue(value=ast.Name(id="verb") | ast.Attribute(attr="verb")):
            return "up"
        case ast.FormattedValue(value=ast.Name(id="purpose")):
            return "status"
        case ast.FormattedValue(value=ast.Call(func=ast.Attribute(attr="join"))):
            return ""  # further words
    return STAND_IN


def options_of(command: click.Command) -> Iterator[str]:
    with click.Context(command, help_option_names=["-h", "--help"]) as context:
        for param in command.get_params(context):
            yield from param.opts
    for inner in command.commands.values() if isinstance(command, click.Group) else ():
        yield from options_of(inner)


OPTIONS = {*options_of(cli), "--version"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_commands_in_the_sources(file: Path) -> None:
    wrong = []
    for line, text, explains in texts(file):
        flat = " ".join(text.split())
        for found in TICKED.findall(flat):
            if found.startswith("provision "):
                wrong += [f"{line}: {why}" for why in refusals(found)]
            elif found.startswith("aws "):
                wrong += [f"{line}: `{found}`: {why}" for why in aws_refusals(found)]
            elif BEGUN.match(found) and not explains:
                wrong.append(f"{line}: `{found}` is no whole command")
        bare = TICKED.sub("", flat)
        if not explains and (begun := BARE.search(bare)) and begun[0] != text:
            wrong.append(f"{line}: {begun[0]} is not in backticks")
        if flat.startswith("aws ") and not explains:
            wrong += [f"{line}: {why}" for why in aws_refusals(flat)]
        elif not explains and " " in text and not OF_OTHERS.search(flat):
            named = re.findall(r"(?<![\w-])--[a-z][a-z-]+", bare)
            wrong += [f"{line}: no command has {name}" for name in named if name not in OPTIONS]
    assert wrong == []


def waiters(service: str) -> list[str]:
    """Return the waiters' names as Python spells them."""
    model = botocore.session.get_session().get_waiter_model(service)
    return [xform_name(name) for name in model.waiter_names]


def aws_refusals(command: str) -> list[str]:
    """Return why AWS's command line would refuse it: no such call, or no such parameter of it."""
    words = [word for word in command.split() if word != "aws"]
    told = []
    while words and words[0].startswith("--"):
        words = words[2:]
    if words in ([], [STAND_IN]) or any(" ".join(words).startswith(own) for own in AWS_OWN):
        return []
    service, operation, *rest = words
    session = botocore.session.get_session()
    if service not in session.get_available_services():
        return [f"no service {service}"]
    model = session.get_service_model(service)
    names = {xform_name(name, "-"): name for name in model.operation_names}
    if operation == "wait":
        return [] if rest[0].replace("-", "_") in waiters(service) else [f"no waiter {rest[0]}"]
    if operation not in names:
        return [f"{service} has no {operation}"]
    shape = model.operation_model(names[operation]).input_shape
    known = {f"--{xform_name(name, '-')}" for name in (shape.members if shape else ())}
    known |= {
        f"--no-{xform_name(name, '-')}"
        for name, member in (shape.members.items() if shape else ())
        if member.type_name == "boolean"
    }
    known |= {"--region", "--profile", "--endpoint-url", "--query", "--output"}
    told += [f"no parameter {word}" for word in rest if word[:2] == "--" and word not in known]
    wanted = {f"--{xform_name(name, '-')}" for name in (shape.required_members if shape else ())}
    given = {word.replace("--no-", "--") for word in rest}
    told += [f"lacks {word}" for word in wanted - given]
    return told


FOUND: dict[tuple[str, str], Any] = {
    ("apigateway", "/usageplans/"): {"apiStages": [{"apiId": "1", "stage": "v1"}]},
    ("application-autoscaling", "scalable-target/"): {
        "ResourceId": "table/1",
        "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
        "ServiceNamespace": "dynamodb",
    },
    ("dynamodb", "table/"): {"Table": {"DeletionProtectionEnabled": True}},
    ("ec2", "route-table/"): [
        {"Associations": [{"SubnetId": "1", "RouteTableAssociationId": "1"}, {"Main": True}]}
    ],
    ("logs", "log-group:"): [{"deletionProtectionEnabled": True}],
    ("wafv2", "regional/webacl/"): {"WebACL": {"ARN": "1"}},
}
"""AWS's answers that list all resources that must be deleted first."""


@pytest.mark.parametrize("sort", ARN_KINDS, ids="".join)
@pytest.mark.parametrize("seen", [True, False])
def test_commands_that_remove_leftovers(sort: tuple[str, str], *, seen: bool) -> None:
    aws = MagicMock()
    aws.location = Location("1", "1", "aws", "amazonaws.com")
    aws.wafv2.list_resources_for_web_acl.return_value = {"ResourceArns": ["1"]}
    found = FOUND.get(sort) if seen else None
    commands = ARN_KINDS[sort].commands(aws, "1/1:1", found)
    assert commands or sort[0] == "application-autoscaling"
    for command in commands:
        assert subprocess.run(["sh", "-n", "-c", command], check=False).returncode == 0, command
        for part in command.split("aws ")[1:]:
            outer = re.sub(r'(--queue-url|--lock-token) "\$\($', r"\1 1", part)
            inner = re.sub(r'\)".*', "", outer)
            assert aws_refusals(re.sub(r'"[^"]*"', "1", inner)) == [], part


def test_what_it_finds() -> None:
    """A misspelt option, service and parameter are found; a group alone is accepted."""
    assert refusals("provision up --ads NODE")
    assert refusals("provision upp")
    assert refusals("provision up --env dev --env prod")
    assert refusals("provision keys") == []
    assert refusals("provision keys list|rotate") == []
    assert aws_refusals("aws sqs delete-queues")
    assert aws_refusals("aws sqs delete-queue --region 1 --queue 1") == [
        "no parameter --queue",
        "lacks --queue-url",
    ]
