"""The inline policies of one role, all of them: one that nobody declared is a difference."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Final, Self

from provision.aws.client import Aws
from provision.aws.concurrency import read_pool
from provision.model import iam
from provision.model.step import Document, Fixed, Local, Replacement, Step
from provision.steps.iam.role import BOUNDED
from provision.steps.iam_policy import as_text, from_answer, with_rights_of
from provision.steps.not_found import ignore_not_found
from provision.steps.tagging import owner_in

SPACE: Final = 10_240
"""Characters that the inline policies of a role may have together, blanks not counted."""
_ROLE = iam.arn("iam", "role/{role}", region=False)


@dataclass(frozen=True, kw_only=True)
class RolePolicies(Step):
    """`policies` names each concern and its canonical document. A role without any counts as not
    there, so wanting none means having no such node. `boundary` is the role's.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html
    """

    KIND = "iam.role_policies"
    IDENTITY = ("role",)
    REPLACEMENT = Replacement.CREATE_FIRST  # as the role
    API_CALLS = iam.ApiCalls(
        read=iam.calls("iam", _ROLE, "GetRolePolicy", "ListRolePolicies"),
        write=(
            iam.call(
                "iam.PutRolePolicy", iam.Permission("iam:PutRolePolicy", (_ROLE,), (BOUNDED,))
            ),
            *iam.calls("iam", _ROLE, "DeleteRolePolicy"),
        ),
        delete=iam.calls("iam", _ROLE, "DeleteRolePolicy"),
    )

    role: Fixed[str]
    policies: dict[str, Document]
    boundary: Local[str | None] = None

    def parent_owner(self, aws: Aws) -> str | None:
        return owner_of_role(aws, self.role)

    def observe(self, aws: Aws) -> Self | None:
        names = self._names(aws)
        with read_pool() as pool:
            read = pool.map(lambda name: self._read(aws, name), names)
            found = dict(zip(names, read, strict=True))
        policies = {name: document for name, document in found.items() if document is not None}
        return replace(self, policies=policies) if policies else None

    def create(self, aws: Aws) -> Self:
        self._put(aws, self.policies)
        return self

    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:  # noqa: ARG002
        """There is but one field that can have changed."""
        new = {
            name: document
            for name, document in self.policies.items()
            if have.policies.get(name) != document
        }
        gone = sorted(have.policies.keys() - self.policies.keys())
        fits = _characters({**have.policies, **self.policies}) <= SPACE
        if not fits:
            self._drop(aws, gone)
        # AWS counts all of them at every call: what shrinks makes room for what grows.
        self._put(aws, {name: new[name] for name in new if _grows(have, name, new) <= 0})
        self._put(aws, {name: new[name] for name in new if _grows(have, name, new) > 0})
        if fits:  # last, so that nothing the role may still do is missing meanwhile
            self._drop(aws, gone)
        return self

    def meanwhile(self, have: Self) -> Self:
        """Where both together are more than a role takes, the old ones go at once."""
        both = {
            name: with_rights_of(self.policies[name], document)
            if name in self.policies
            else document
            for name, document in have.policies.items()
        }
        together = {**self.policies, **both}
        fits = _characters(together) <= SPACE
        return replace(self, policies=together) if fits else self

    def delete(self, aws: Aws) -> None:
        self._drop(aws, self._names(aws))

    def _names(self, aws: Aws) -> list[str]:
        """Sorted; none where the role is gone."""
        with ignore_not_found():
            pages = aws.iam.get_paginator("list_role_policies").paginate(RoleName=self.role)
            return sorted(name for page in pages for name in page["PolicyNames"])
        return []

    def _read(self, aws: Aws, name: str) -> Document | None:
        with ignore_not_found():
            answer = aws.iam.get_role_policy(RoleName=self.role, PolicyName=name)
            return from_answer(answer["PolicyDocument"])
        return None

    def _put(self, aws: Aws, policies: Mapping[str, Document]) -> None:
        for name, document in sorted(policies.items()):
            aws.iam.put_role_policy(
                RoleName=self.role, PolicyName=name, PolicyDocument=as_text(document)
            )

    def _drop(self, aws: Aws, names: Collection[str]) -> None:
        for name in names:
            with ignore_not_found():
                aws.iam.delete_role_policy(RoleName=self.role, PolicyName=name)


def _characters(policies: Mapping[str, Document]) -> int:
    """As IAM counts them: it leaves out white space, of which this text has none to speak of."""
    return sum(len(as_text(document)) for document in policies.values())


def _grows(have: RolePolicies, name: str, new: Mapping[str, Document]) -> int:
    before = have.policies.get(name)
    return len(as_text(new[name])) - (len(as_text(before)) if before else 0)


def owner_of_role(aws: Aws, name: str) -> str | None:
    """The owner tag of the role; empty without one, None if it is not there."""
    with ignore_not_found():
        return owner_in(aws.iam.get_role(RoleName=name)["Role"].get("Tags", ()))
    return None
