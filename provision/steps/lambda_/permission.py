"""The permission to call a function through an alias: one statement of that alias's policy."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from provision.aws.client import Aws
from provision.model import iam
from provision.model.capabilities import HasParent
from provision.model.risks import Impact, Risk, Risks
from provision.model.step import Document, Fixed
from provision.steps.lambda_.states import owner_of_function, qualified, retry_on_conflict
from provision.steps.not_found import ignore_not_found

if TYPE_CHECKING:
    from mypy_boto3_lambda.type_defs import AddPermissionRequestTypeDef

VISIBLE_BUDGET = 300  # seconds: AWS shows a change of statements late (L16)

_INVOKE: Final = "lambda:InvokeFunction"
_ALIAS: Final = qualified("{qualifier}")
_LATEST: Final = "$LATEST"


class _Policy(NamedTuple):
    """A policy's statements by their id. `revision` is empty if there is no policy."""

    statements: dict[str, Document]
    revision: str


@dataclass(frozen=True, kw_only=True)
class Permission(HasParent):
    """One statement of the policy on the alias `qualifier`.

    API Gateway calls the alias, so the statement has to be on the alias (L18). `source` is the ARN
    (with wildcards) from which `principal` may call. `others` are the ids of the alias's further
    statements: undeclared ones are drift and removed, as is each one on the function itself, shown
    as `$LATEST/{id}`, since callers must use the alias.

    https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
    """

    KIND = "lambda.permission"
    IDENTITY = ("function", "qualifier", "statement")
    RISKS = Risks(
        # A statement cannot be changed: it is removed and added again (L15).
        update=dict.fromkeys(
            ("principal", "source"), (Risk(Impact.DOWNTIME, "calls are refused for seconds"),)
        ),
    )
    API_CALLS = iam.ApiCalls(
        read=iam.calls("lambda", _ALIAS, "GetPolicy"),
        write=(
            *iam.calls(
                "lambda",
                _ALIAS,
                "AddPermission",
                when=(iam.Condition("StringEquals", "lambda:Principal", "{principal}"),),
            ),
            *iam.calls("lambda", _ALIAS, "RemovePermission"),
        ),
        delete=iam.calls("lambda", _ALIAS, "RemovePermission"),
    )

    function: Fixed[str]
    qualifier: Fixed[str]
    statement: Fixed[str]
    principal: str
    source: str
    others: tuple[str, ...] = ()

    def parent_owner(self, aws: Aws) -> str | None:
        return owner_of_function(aws, self.function)

    def observe(self, aws: Aws) -> Self | None:
        statements = self._policy(aws).statements
        if self.statement not in statements:
            return None
        principal, source = _read(statements.pop(self.statement))
        past_the_alias = (f"{_LATEST}/{name}" for name in self._unqualified(aws))
        others = tuple(sorted((*statements, *past_the_alias)))
        return replace(self, principal=principal, source=source, others=others)

    def create(self, aws: Aws) -> Self:
        self._remove_undeclared(aws)
        retry_on_conflict(aws, lambda: self._add(aws))
        return self

    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:  # noqa: ARG002  (`changed` says it all)
        if "others" in changed:
            self._remove_undeclared(aws)
        if {"principal", "source"} & set(changed):  # a statement cannot be changed (L15)
            self.delete(aws)
            retry_on_conflict(aws, lambda: self._add(aws))
        return self

    def delete(self, aws: Aws) -> None:
        self._remove(aws, self.statement)

    def _unqualified(self, aws: Aws) -> list[str]:
        """Return the ids of the statements on the function itself."""
        with ignore_not_found():
            found = aws.lambda_.get_policy(FunctionName=self.function)
            return [entry["Sid"] for entry in json.loads(found["Policy"])["Statement"]]
        return []

    def _policy(self, aws: Aws) -> _Policy:
        with ignore_not_found():
            found = aws.lambda_.get_policy(FunctionName=self.function, Qualifier=self.qualifier)
            statements = json.loads(found["Policy"])["Statement"]
            return _Policy({entry["Sid"]: entry for entry in statements}, found["RevisionId"])
        return _Policy({}, "")

    def _add(self, aws: Aws) -> None:
        """Add the statement under the policy's revision.

        Without it, two additions at the same time can lose a statement (L15).
        """
        request: AddPermissionRequestTypeDef = {
            "FunctionName": self.function,
            "Qualifier": self.qualifier,
            "StatementId": self.statement,
            "Action": _INVOKE,
            "Principal": self.principal,
            "SourceArn": self.source,
        }
        if revision := self._policy(aws).revision:
            request["RevisionId"] = revision
        aws.lambda_.add_permission(**request)

    def _remove_undeclared(self, aws: Aws) -> None:
        for name in self._policy(aws).statements:
            if name not in (self.statement, *self.others):
                self._remove(aws, name)
        for name in self._unqualified(aws):
            with ignore_not_found():
                aws.lambda_.remove_permission(FunctionName=self.function, StatementId=name)

    def _remove(self, aws: Aws, statement: str) -> None:
        with ignore_not_found():
            aws.lambda_.remove_permission(
                FunctionName=self.function, Qualifier=self.qualifier, StatementId=statement
            )
        aws.wait_until_gone(  # AWS may still show it (L16)
            f"statement {statement} on {self.function}:{self.qualifier}",
            lambda: statement in self._policy(aws).statements,
            budget=VISIBLE_BUDGET,
        )


def _read(statement: Document) -> tuple[str, str]:
    """Return the principal and the source ARN from AWS's form of the statement (L17).

    A statement of any other form allows something else: return its whole text and no source.
    """
    match statement:
        case {
            "Effect": "Allow",
            "Principal": {"Service": str(principal)},
            "Action": "lambda:InvokeFunction",
            "Condition": {"ArnLike": {"AWS:SourceArn": str(source), **more}, **further},
        } if not more and not further:
            return principal, source
    return json.dumps(_essence(statement), sort_keys=True), ""


def _essence(statement: Document) -> dict[str, Any]:
    return {key: statement[key] for key in statement if key not in {"Sid", "Resource"}}
