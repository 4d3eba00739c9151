"""Every row of docs/aws-behaviours.md that is to be enforced has a law and a naive client."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.faults.aws_behaviours import registry
from tests.faults.aws_behaviours.frame import Law
from tests.faults.aws_behaviours.registry import LAWS

ROWS = {
    "way to AWS": "X1 X3",
    "Lambda": "L1 L2 L6 L7 L8 L9 L10 L11 L15 L24 L27 L30 L31 L32 L33",
    "interfaces": "E1 E2 E3 E4 E5 E6",
    "VPC": "V11 V18 V19",
    "IAM": "I1 I2 I3 I5 I8",
    "API Gateway": "A1 A2 A3 A4 A10 A12 A14 A15 A16 A17 A18 A19 A20 A36 A37 A38 A39 A40",
    "plans, keys, domains": "A24 A25 A26 A27 A28 A29 A30 A31",
    "DynamoDB": "D5 D10 D12 D13 D24 D26",
    "scaling": "S3 S7",
    "SQS": "Q1 Q2 Q3",
    "SNS": "N1 N5 N6",
    "KMS": "K1",
    "ACM": "C1 C2 C3 C5",
    "Route 53": "R1 R2 R3",
    "logs": "G1 G2 G3 G4 G5",
    "CloudWatch": "W1 W2 W3 W4",
}
EVERY = [row for rows in ROWS.values() for row in rows.split()]
OF_THE_EMULATOR = {"G2"}
"""What the emulator does like AWS by itself: retention is a call of its own."""
PLAIN = {"naive", "client"}
"""The clients without patience: before the court, and before the proxy."""


def rows_of(law: type[Law]) -> set[str]:
    return {law.ROW, *law.ALSO}


def modules() -> Iterator[ModuleType]:
    for value in vars(registry).values():
        if isinstance(value, ModuleType):
            yield value


def test_every_row_has_a_law() -> None:
    enforced = {row for law in LAWS for row in rows_of(law)}
    assert set(EVERY) - enforced == OF_THE_EMULATOR


def test_every_law_judges_the_whole_stack() -> None:
    """None is written and then left out; of those that grow out of another, the last one counts."""
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
    """By row: tests that have it in their name and in which a client without patience calls."""
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


@pytest.mark.parametrize("row", EVERY)
def test_every_row_has_a_naive_client_that_meets_it(row: str) -> None:
    assert naive_tests().get(row)
