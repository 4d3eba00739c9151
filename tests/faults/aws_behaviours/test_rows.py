"""Every row of docs/aws-behaviours.md has a law and a naive client, or a reason here."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType

import pytest

from tests.conformance.test_behaviours_page import rows
from tests.faults.aws_behaviours import registry
from tests.faults.aws_behaviours.frame import Law
from tests.faults.aws_behaviours.registry import LAWS
from tests.support.sample_stack import ROOT

ENFORCED = sorted({row for law in LAWS for row in {law.ROW, *law.ALSO}})
NO_LAW: Mapping[tuple[str, str], str] = {
    (
        "the rule for its text is tried with that text: the whole of the row is a text",
        "tests/unit/aws/test_retry.py",
    ): "X4 X5 X6 I11 L3 L4 L5 D2 Q6 V13 R6",
    (
        "a number, held against the requests before any is sent",
        "tests/unit/preflight/test_limits.py",
    ): "X11 L23 L29 C7",
    ("a rate that our own limiter keeps", "tests/unit/aws/test_rate_limits.py"): "L28",
    (
        "how an answer is spelt: each is given again in other words, and nothing is told of it",
        "tests/conformance/drift/reordering.py",
    ): "I6 L17 V10",
    (
        "how an answer is spelt: members that AWS need not send are taken out of each",
        "tests/unit/steps/test_sparse_answers.py",
    ): "L21 A34",
    (
        "a document that AWS gives by itself",
        "tests/unit/steps/sns/test_topic.py",
    ): "N3",
    (
        "what is left out stays: each field is set and taken back, and the emulator keeps it too",
        "tests/unit/steps/contract.py",
    ): "I7 L19 L25 D6",
    (
        "anything may be made twice: a create whose answer is lost is looked for",
        "tests/faults/aws_behaviours/rules/answers.py",
    ): "X2 A5 A11 A21 V2 V6",
    (
        "a restriction on rights, judged by AWS's Service Authorization Reference",
        "tests/conformance/permissions/test_roles.py",
    ): "I13 L18 D33",
    (
        "the order of the walk: what needs a role goes before it",
        "tests/unit/stack/test_stack.py",
    ): "I12",
    (
        "something of AWS's own beside ours, which nothing of ours asks for",
        "tests/integration/test_whole_stack.py",
    ): "I14 S6 D8",
    (
        "what IAM takes and does not read: it is read here, before the call",
        "tests/unit/config/test_policies.py",
    ): "I15",
    (
        "counts that are behind: they are only said, and decide nothing but to ask",
        "tests/unit/steps/sqs/test_queue.py",
    ): "Q19",
    (
        "a quota of the account, which other stacks share: its refusal is given once, to the step",
        "tests/unit/steps/lambda_/test_function.py",
    ): "L26",
    ("the same bytes give the same version", "tests/unit/packaging/test_archive.py"): "L22",
    (
        "what one invocation is sent and answers: its test gives each of these answers",
        "tests/unit/workflows/test_invoke.py",
    ): "L35 L36 L37",
    (
        "the form of an event that is built here, never sent by the emulator",
        "tests/unit/workflows/test_route_event.py",
    ): "A41 A42",
    ("the emulator is taught it", "tests/unit/local/test_gateway_media_types.py"): "A46",
    ("the emulator is taught it", "tests/unit/local/test_gateway_preflights.py"): "A47",
    ("the emulator is taught it", "tests/support/moto_patches/functions.py"): "L13 L14 L20 L34 L45",
    ("the emulator is taught it", "tests/support/moto_patches/rest_apis.py"): "A9 A33",
    ("the emulator is taught it", "tests/support/moto_patches/apigateway.py"): "A22",
    ("the emulator is taught it", "tests/support/moto_patches/network.py"): "V15",
    ("the emulator is taught it", "tests/support/moto_patches/keys.py"): "K2",
    ("the emulator is taught it", "tests/support/moto_patches/names.py"): "C6 R5",
    ("the emulator is taught it", "tests/support/moto_patches/monitoring.py"): "Q7",
    ("the emulator is as AWS", "tests/unit/steps/dynamodb/test_table.py"): "D17 D22 D25 D34",
    ("the emulator is as AWS", "tests/unit/steps/ec2/test_security_group.py"): "V4 V5",
    ("the emulator is as AWS", "tests/unit/steps/ec2/test_vpc.py"): "V8",
    ("the emulator is as AWS", "tests/unit/steps/route53/test_record.py"): "R7",
    ("the emulator is as AWS", "tests/unit/steps/logs/test_log_group.py"): "G2 G6",
    (
        "the emulator is as AWS",
        "tests/unit/steps/apigateway/test_domain_name.py",
    ): "A32",
    ("no value is kept or shown", "tests/integration/secrets_leak/test_life.py"): "A23",
    (
        "an operation that is not used: the test says so",
        "tests/faults/aws_behaviours/test_apigateway_laws.py",
    ): "A6",
    (
        "a part of the law of D4, which refuses it meanwhile",
        "tests/faults/aws_behaviours/rules/dynamodb.py",
    ): "D14",
    (
        "a stage that serves an older deployment answers as before",
        "tests/integration/api/test_manual_changes.py",
    ): "A8",
    (
        "what a removal leaves is said with the table",
        "tests/integration/removal/test_backups.py",
    ): "D1 D18",
    (
        "read by a client to a CloudWatch Logs that is late, empty and throttles",
        "tests/unit/workflows/logs/test_reader.py",
    ): "G7 G8",
    (
        "how AWS words a line: each form is parsed",
        "tests/unit/workflows/logs/test_parser.py",
    ): "A43 L38",
    (
        "what a dead-letter queue holds and answers, and a command that is refused",
        "tests/integration/test_dlq.py",
    ): "Q8 Q9 Q10 Q13",
    (
        "events that are received, run and removed, with the run killed at its calls",
        "tests/faults/crashes/test_redrive.py",
    ): "Q11 Q12",
    (
        "old values are shown by the laws of Q3, R1 and L7: the row is what they have in common",
        "tests/faults/aws_behaviours/test_all_laws.py",
    ): "X10",
}
"""Rows without a law, by the reason and the file that holds them instead."""
OPEN: Mapping[str, str] = {
    "V9": "endpoints that are pending have a law (V11), those that fail for good have none",
    "V16": "a filter that does not find a fresh tag yet: recorded only for a few kinds",
}
"""Rows that no law and no other test holds, with the missing part."""
PLAIN = {"naive", "client"}
"""The clients without retries: through the court, and through the proxy."""


def modules() -> Iterator[ModuleType]:
    for value in vars(registry).values():
        if isinstance(value, ModuleType):
            yield value


def test_every_row_has_a_law_or_a_reason() -> None:
    listed = [row for each in NO_LAW.values() for row in each.split()] + list(OPEN)
    assert [row for row, count in Counter([*ENFORCED, *listed]).items() if count > 1] == []
    assert sorted([*ENFORCED, *listed]) == sorted(rows())


def test_what_holds_a_row_instead_is_there() -> None:
    assert [file for _, file in NO_LAW if not (ROOT / file).is_file()] == []


def test_every_law_judges_the_whole_stack() -> None:
    """No law is left out of the registry; of laws derived from each other, the last one counts."""
    written = {
        law
        for module in modules()
        for law in vars(module).values()
        if isinstance(law, type) and issubclass(law, Law) and "ROW" in vars(law)
    }
    left_out = {law for law in written if not any(issubclass(judge, law) for judge in LAWS)}
    assert left_out == set()
    assert len(written) > 60, "the modules were found"


def naive_tests() -> dict[str, list[str]]:
    """Return, by row, the tests with it in their name and a call of a naive client."""
    found: dict[str, list[str]] = {}
    for file in Path(__file__).parent.glob("test_*.py"):
        functions = {
            node.name: {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
            for node in ast.parse(file.read_text("utf-8")).body
            if isinstance(node, ast.FunctionDef)
        }
        for name, uses in functions.items():
            reached = uses.union(*(functions.get(used, set()) for used in uses))
            if name.startswith("test_") and reached & PLAIN:
                for part in name.split("_"):
                    found.setdefault(part.upper(), []).append(name)
    return found


@pytest.mark.parametrize("row", ENFORCED)
def test_every_row_has_a_naive_client_that_meets_it(row: str) -> None:
    assert naive_tests().get(row)
