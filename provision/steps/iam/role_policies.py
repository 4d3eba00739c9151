"""All inline policies of one role: an undeclared one is a difference."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

from provision.aws.client import Aws
from provision.aws.concurrency import read_pool
from provision.model import iam
from provision.model.capabilities import GrantsAccess, HasOwnRisks, HasParent
from provision.model.risks import Impact, Risk
from provision.model.step import Document, Fixed, Local, Replacement
from provision.steps.iam.role import BOUNDED
from provision.steps.iam_policy import as_text, from_answer, with_rights_of
from provision.steps.not_found import ignore_not_found
from provision.steps.tagging import owner_in

SPACE: Final = 10_240
"""The limit for all inline policies of a role together, in characters without white space."""
OWN: Final = "policy"
"""The name of the policy with the statements that config.yaml has for a function."""
_ROLE = iam.arn("iam", "role/{role}", region=False)


@dataclass(frozen=True, kw_only=True)
class RolePolicies(HasParent, GrantsAccess, HasOwnRisks):
    """The inline policies of a role.

    `policies`: canonical documents by the name of their concern; `OWN` has the user's statements.
    Without any, this resource counts as missing, so a role that needs none has no such node.
    `boundary`: the role's. `wide`: why statements of `OWN` have every action or resource.

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
    wide: Local[tuple[str, ...]] = ()

    def own_risks(self, have: Self | None) -> Sequence[Risk]:
        if have and have.policies.get(OWN) == self.policies.get(OWN):
            return ()
        return tuple(Risk(Impact.WEAKER, f"wide: {why}") for why in self.wide)

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
        """Write the policies that differ; `policies` is the only field that can change."""
        new = {
            name: document
            for name, document in self.policies.items()
            if have.policies.get(name) != document
        }
        gone = sorted(have.policies.keys() - self.policies.keys())
        fits = _characters({**have.policies, **self.policies}) <= SPACE
        if not fits:
            self._drop(aws, gone)
        # IAM checks the total at every call: policies that shrink make room for those that grow.
        self._put(aws, {name: new[name] for name in new if _grows(have, name, new) <= 0})
        self._put(aws, {name: new[name] for name in new if _grows(have, name, new) > 0})
        if fits:  # last, so that the role keeps all its rights meanwhile
            self._drop(aws, gone)
        return self

    def keeping_access_of(self, have: Self) -> Self:
        """Return these policies with the rights of `have` in addition.

        If both together exceed a role's limit, return them without: the old rights end at once.
        """
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
        """Return the sorted names; none if the role does not exist."""
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
    """Return their size as IAM counts it: without white space, of which our text has hardly any."""
    return sum(len(as_text(document)) for document in policies.values())


def _grows(have: RolePolicies, name: str, new: Mapping[str, Document]) -> int:
    before = have.policies.get(name)
    return len(as_text(new[name])) - (len(as_text(before)) if before else 0)


def owner_of_role(aws: Aws, name: str) -> str | None:
    """Return the role's owner tag: empty if it has none, None if there is no role."""
    with ignore_not_found():
        return owner_in(aws.iam.get_role(RoleName=name)["Role"].get("Tags", ()))
    return None
