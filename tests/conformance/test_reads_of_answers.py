"""Optional members of AWS's answers are read with a default, by mypy's types of every read.

AWS omits members without a value, and botocore's models say which are always present. Members that
the models do not promise, but AWS is documented to show always, are in `ALWAYS`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import botocore.session
import pytest
from mypy import build
from mypy.main import process_options
from mypy.nodes import Expression, IndexExpr, StrExpr
from mypy.types import Instance, TypedDictType, UnionType, get_proper_type

from tests.support.always_answered import ALWAYS
from tests.support.sample_stack import ROOT

STUBS = "mypy_boto3_"
SERVICES = {
    "application_autoscaling": "application-autoscaling",
    "lambda": "lambda",
}
"""boto3's names, if the stubs' package has another."""

ASKED_FIRST: dict[str, dict[str, str]] = {
    "acm": {"DomainValidation": "ResourceRecord"},
    "ec2": {"IpPermissionOutput": "FromPort ToPort", "RouteTableAssociation": "SubnetId"},
    "kms": {"AliasListEntry": "TargetKeyId"},
}
"""Optional members that are read only after a check that they are there."""


class Read(NamedTuple):
    """One subscript of an answer: `shape["member"]`."""

    service: str
    shape: str
    member: str
    many: bool
    """A list or a map, whose default is an empty one."""
    line: int

    @property
    def place(self) -> str:
        return f"{self.shape}.{self.member}"


def typed(package: str) -> dict[Expression, Any]:
    """Return every expression of the package with its type; stubs come from mypy's cache."""
    settings = ["--config-file", str(ROOT / "pyproject.toml")]
    sources, options = process_options([*settings, "-p", package])
    options.export_types = True
    for source in sources:  # mypy never caches a module given as text
        assert source.path
        source.text = Path(source.path).read_text("utf-8")
    built = build.build(sources, options)
    assert built.errors == []
    return dict(built.types)


def reads(types: dict[Expression, Any]) -> Iterator[Read]:
    for expression, whole in types.items():
        if not isinstance(expression, IndexExpr) or not isinstance(expression.index, StrExpr):
            continue
        base = get_proper_type(types.get(expression.base))
        value = get_proper_type(whole)
        many = isinstance(value, Instance) and value.type.name in {"list", "dict"}
        for one in base.items if isinstance(base, UnionType) else [base]:
            of = get_proper_type(one)
            if isinstance(of, TypedDictType) and of.fallback.type.module_name.startswith(STUBS):
                service = of.fallback.type.module_name.partition(".")[0].removeprefix(STUBS)
                name = of.fallback.type.name.removesuffix("TypeDef")
                yield Read(service, name, expression.index.value, many, expression.line)


@cache
def model(service: str) -> Any:
    name = SERVICES.get(service, service)
    return botocore.session.get_session().get_service_model(name)


def allowed(read: Read) -> bool:
    """Return whether it is known to be there for another reason."""
    tables = (ALWAYS, ASKED_FIRST)
    return any(
        read.member in table.get(read.service, {}).get(read.shape, "").split() for table in tables
    )


def promised(read: Read) -> bool:
    """Return whether botocore's model says that the member is always there."""
    known = model(read.service).shape_names
    endings = ("", "Response", "Output", "Extra")
    names = [read.shape.removesuffix(ending) for ending in endings]
    shape = next((name for name in names if name in known), None)
    if shape is None:
        return False
    return read.member in model(read.service).shape_for(shape).required_members


@pytest.fixture(scope="module")
def found() -> list[Read]:
    return list(reads(typed("provision")))


def test_only_what_is_always_there_is_read_without_a_default(found: list[Read]) -> None:
    unsafe = sorted({read for read in found if not promised(read) and not allowed(read)})
    assert unsafe == [], "read it with .get, or find that AWS never leaves it out"


def test_the_tables_hold_nothing_that_nobody_reads(found: list[Read]) -> None:
    needed = {(read.service, read.place) for read in found if not promised(read)}
    listed = {
        (service, f"{shape}.{member}")
        for table in (ALWAYS, ASKED_FIRST)
        for service, shapes in table.items()
        for shape, members in shapes.items()
        for member in members.split()
    }
    assert listed - needed == set()
    assert len(found) > 250, "the reads were found"


@pytest.mark.parametrize(
    ("read", "safe"),
    [
        (Read("iam", "ListRolesResponse", "Roles", many=True, line=1), True),
        (Read("ec2", "DescribeVpcsResult", "Vpcs", many=True, line=1), False),
        (Read("apigateway", "RestApiResponse", "id", many=False, line=1), False),
        (Read("dynamodb", "BackupDetails", "BackupArn", many=False, line=1), True),
        (Read("wafv2", "RuleOutput", "Name", many=False, line=1), True),
    ],
)
def test_botocore_s_model_is_what_promises(read: Read, *, safe: bool) -> None:
    assert promised(read) is safe
