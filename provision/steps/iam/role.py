"""The IAM role: the service that may assume it, its boundary, and its managed policies."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Self

from botocore.exceptions import ClientError

from provision.aws.client import Aws
from provision.model import iam
from provision.model.capabilities import CheckedBeforeDeletion, PredictsValues
from provision.model.risks import Impact, Risk, Risks
from provision.model.step import Computed, Fixed, Replacement, Tagged
from provision.steps.foreign import ForeignResource, refuse_foreign
from provision.steps.iam_policy import as_text, from_answer, trust
from provision.steps.not_found import found_or_none, ignore_not_found
from provision.steps.tagging import from_tag_list, tag_changes, tag_list

if TYPE_CHECKING:
    from mypy_boto3_iam.type_defs import CreateRoleRequestTypeDef

_ROLE = iam.arn("iam", "role{path}{name}", region=False)
_ATTACHED = iam.Condition("ArnEquals", "iam:PolicyARN", "{attached}")
SESSION: Final = 3600
"""AWS's default for the longest validity of a role's credentials, in seconds."""
BOUNDED = iam.Condition("ArnEquals", "iam:PermissionsBoundary", "{boundary}")
"""The role has or gets the configured boundary. Not tested if none is configured."""


@dataclass(frozen=True, kw_only=True)
class Role(Tagged, CheckedBeforeDeletion, PredictsValues):
    """An IAM role, without its inline policies: these are a step of their own, `RolePolicies`.

    `service`: the principal that assumes it (`lambda.amazonaws.com`), or the whole trust policy if
    AWS shows any other trust. `attached`: sorted ARNs of managed policies; others are detached.
    `session`: never wanted longer than AWS's default.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
    """

    KIND = "iam.role"
    IDENTITY = ("name",)
    REPLACEMENT = Replacement.CREATE_FIRST  # running code uses the old one until its own change
    RISKS = Risks(
        # Lambda's grant on the key of the variables names the role by its unique id. A recreated
        # role has the same ARN and another id, and AWS shows no difference that could be repaired.
        gone=(
            Risk(
                Impact.DOWNTIME,
                "a function that used it may be unable to read its variables until it briefly has"
                " another role",
            ),
        ),
        update={"service": (Risk(Impact.DOWNTIME, "until the service can assume it"),)},
    )
    API_CALLS = iam.ApiCalls(
        read=iam.calls("iam", _ROLE, "GetRole", "ListAttachedRolePolicies"),
        write=(
            iam.call(
                "iam.CreateRole",
                iam.Permission("iam:CreateRole", (_ROLE,), (BOUNDED,)),
                iam.Permission("iam:TagRole", (_ROLE,)),
            ),
            iam.call(
                "iam.PutRolePermissionsBoundary",
                iam.Permission(
                    "iam:PutRolePermissionsBoundary", (_ROLE,), (BOUNDED,), if_set="boundary"
                ),
            ),
            iam.call(
                "iam.DeleteRolePermissionsBoundary",
                iam.Permission("iam:DeleteRolePermissionsBoundary", (_ROLE,), if_unset="boundary"),
            ),
            iam.call(
                "iam.AttachRolePolicy",
                iam.Permission(
                    "iam:AttachRolePolicy", (_ROLE,), (_ATTACHED, BOUNDED), if_set="attached"
                ),
            ),
            *iam.calls(
                "iam",
                _ROLE,
                "DetachRolePolicy",
                "TagRole",
                "UntagRole",
                "UpdateAssumeRolePolicy",
                "UpdateRole",
            ),
        ),
        delete=iam.calls(
            "iam",
            _ROLE,
            "DeleteRole",
            "DeleteRolePolicy",
            "DetachRolePolicy",
            "ListInstanceProfilesForRole",
            "ListRolePolicies",
        ),
        computed={"arn": _ROLE},
    )

    name: Fixed[str]
    path: Fixed[str] = "/"
    service: str
    description: str = ""
    boundary: str | None = None
    attached: tuple[str, ...] = ()
    session: int = SESSION
    arn: Computed[str] = ""

    def observe(self, aws: Aws) -> Self | None:
        found = found_or_none(lambda: aws.iam.get_role(RoleName=self.name)["Role"])
        if found is None:
            return None
        boundary = found.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
        return replace(
            self,
            path=found["Path"],
            service=_trusted(found.get("AssumeRolePolicyDocument", {})),
            description=found.get("Description", ""),
            boundary=boundary or None,
            session=found.get("MaxSessionDuration", SESSION),
            attached=self._attached(aws),
            tags=from_tag_list(found.get("Tags", [])),
            arn=_arn(aws, found["Path"], self.name),
        )

    def with_predicted_values(self, aws: Aws) -> Self:
        return replace(self, arn=_arn(aws, self.path, self.name))

    def create(self, aws: Aws) -> Self:
        request: CreateRoleRequestTypeDef = {
            "RoleName": self.name,
            "Path": self.path,
            "AssumeRolePolicyDocument": as_text(trust(self.service)),
            "MaxSessionDuration": self.session,
            "Tags": tag_list(self.tags),
        }
        if self.description:
            request["Description"] = self.description
        if self.boundary:
            request["PermissionsBoundary"] = self.boundary
        aws.iam.create_role(**request)
        self._attach(aws, self.attached)
        return replace(self, arn=_arn(aws, self.path, self.name))

    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:
        if "tags" in changed:
            gone, new = tag_changes(have.tags, self.tags)
            if gone:
                aws.iam.untag_role(RoleName=self.name, TagKeys=gone)
            if new:
                aws.iam.tag_role(RoleName=self.name, Tags=tag_list(new))
        if "service" in changed:
            aws.iam.update_assume_role_policy(
                RoleName=self.name, PolicyDocument=as_text(trust(self.service))
            )
        if {"description", "session"} & set(changed):  # only '' clears the description (I7)
            aws.iam.update_role(
                RoleName=self.name, Description=self.description, MaxSessionDuration=self.session
            )
        if "boundary" in changed:
            self._set_boundary(aws)
        if "attached" in changed:
            self._attach(aws, sorted(set(self.attached) - set(have.attached)))
            self._detach(aws, sorted(set(have.attached) - set(self.attached)))
        return replace(self, arn=_arn(aws, self.path, self.name))

    def delete(self, aws: Aws) -> None:
        self._refuse_profiles(aws)
        with ignore_not_found():  # AWS deletes a role only without policies (I8)
            pages = aws.iam.get_paginator("list_role_policies").paginate(RoleName=self.name)
            for name in [name for page in pages for name in page["PolicyNames"]]:
                aws.iam.delete_role_policy(RoleName=self.name, PolicyName=name)
            self._detach(aws, self._attached(aws))
            aws.iam.delete_role(RoleName=self.name)

    def _refuse_profiles(self, aws: Aws) -> None:
        """Raise `InUseByOthers` if an instance profile has the role.

        AWS would refuse its deletion only after its policies are deleted (I8).
        """
        profiles: list[ForeignResource] = []
        with suppress(ClientError):  # no role, or the call is denied: AWS refuses it itself
            ask = aws.iam.get_paginator("list_instance_profiles_for_role")
            profiles += [
                ForeignResource(
                    f"instance profile {one['InstanceProfileName']}",
                    f"aws iam list-instance-profiles-for-role --role-name {self.name}",
                )
                for page in ask.paginate(RoleName=self.name)
                for one in page["InstanceProfiles"]
            ]
        refuse_foreign(aws, self.label, profiles)

    def _attached(self, aws: Aws) -> tuple[str, ...]:
        pages = aws.iam.get_paginator("list_attached_role_policies").paginate(RoleName=self.name)
        return tuple(
            sorted(
                policy["PolicyArn"] for page in pages for policy in page.get("AttachedPolicies", [])
            )
        )

    def _attach(self, aws: Aws, policies: Collection[str]) -> None:
        for policy in policies:
            aws.iam.attach_role_policy(RoleName=self.name, PolicyArn=policy)

    def _detach(self, aws: Aws, policies: Collection[str]) -> None:
        for policy in policies:
            with ignore_not_found():
                aws.iam.detach_role_policy(RoleName=self.name, PolicyArn=policy)

    def _set_boundary(self, aws: Aws) -> None:
        if self.boundary:
            aws.iam.put_role_permissions_boundary(
                RoleName=self.name, PermissionsBoundary=self.boundary
            )
        else:
            aws.iam.delete_role_permissions_boundary(RoleName=self.name)


def _arn(aws: Aws, path: str, name: str) -> str:
    """Return the role's ARN from its name: AWS may show a new role's unique id instead (I2)."""
    return aws.location.arn("iam", f"role{path}{name}", region=False)


def _trusted(shown: object) -> str:
    """Return the one service that may assume the role, or the policy as text if it differs."""
    document = from_answer(shown)
    match document["Statement"]:
        case [{"Principal": {"Service": [str(service)]}}] if document == trust(service):
            return service
    return as_text(document)
