"""The role by which API Gateway writes logs: one setting of account and region, for all stacks."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar, Final, Self

from botocore.exceptions import ClientError

from provision.aws.access import account_of
from provision.aws.client import Aws
from provision.errors import NotOwned
from provision.model import iam
from provision.model.step import OWNER, Computed, Document, Local, Step
from provision.steps.iam.role import BOUNDED
from provision.steps.not_found import ignore_not_found
from provision.unknown import unknown

if TYPE_CHECKING:
    from mypy_boto3_iam.type_defs import CreateRoleRequestTypeDef

OWNED_BY_ACCOUNT: Final = "account"
"""What the owner tag of the role says: it belongs to no stack."""

POLICY_NAME: Final = "logs"
_ROLE: Final = iam.arn("iam", "role/{role_name}", region=False)
_TO_API_GATEWAY: Final = iam.Condition(
    "StringEquals", "iam:PassedToService", "apigateway.amazonaws.com"
)

TRUST: Final[Document] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "apigateway.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}

# What AWS's managed policy AmazonAPIGatewayPushToCloudWatchLogs allows on every account's logs.
LOG_ACTIONS: Final = (
    "logs:CreateLogGroup",
    "logs:CreateLogStream",
    "logs:DescribeLogGroups",
    "logs:DescribeLogStreams",
    "logs:FilterLogEvents",
    "logs:GetLogEvents",
    "logs:PutLogEvents",
)


@dataclass(frozen=True, kw_only=True)
class ApiAccount(Step):
    """Set only when it is empty, or names our own role and that role is gone; never removed (A20).
    A role of others is left as it is, and told where it is gone. `role_name` is the role made when
    none is set; it gets the `boundary`.

    https://docs.aws.amazon.com/apigateway/latest/api/API_UpdateAccount.html
    """

    KIND = "apigateway.account"
    IDENTITY = ("role_name",)
    SHARED: ClassVar[bool] = True
    API_CALLS = iam.ApiCalls(
        read=(
            iam.call("apigateway.GetAccount", iam.gateway_permission("GET", "/account")),
            *iam.calls("iam", iam.arn("iam", "role/*", region=False), "GetRole"),
        ),
        write=(
            iam.call(
                "apigateway.UpdateAccount",
                iam.gateway_permission("PATCH", "/account"),
                iam.Permission("iam:PassRole", (_ROLE,), (_TO_API_GATEWAY,)),
            ),
            iam.call(
                "iam.CreateRole",
                iam.Permission("iam:CreateRole", (_ROLE,), (BOUNDED,)),
                iam.Permission("iam:TagRole", (_ROLE,)),
            ),
            iam.call(
                "iam.PutRolePolicy", iam.Permission("iam:PutRolePolicy", (_ROLE,), (BOUNDED,))
            ),
            *iam.calls("iam", _ROLE, "ListRoleTags"),
        ),
    )

    role_name: Local[str] = field(default_factory=unknown)
    boundary: Local[str | None] = None
    role: Computed[str] = ""
    dead: Computed[str] = ""
    """What to type where the role set is somebody else's, of this account, and is not there."""

    def called(self) -> str:
        return "the account's logging role"

    def observe(self, aws: Aws) -> Self | None:
        role = _set_role(aws)
        if not role:
            return None
        if role == self._role_arn(aws):
            return replace(self, role=role) if _exists(aws, self.role_name) else None
        return replace(self, role=role, dead=_cure(aws) if _is_dead(aws, role) else "")

    def ailment(self) -> str:
        """API Gateway takes a role that is gone without a word, and logs nothing."""
        if not self.dead:
            return ""
        return f"its role {self.role} is not there: no API of this account logs; {self.dead}"

    def create(self, aws: Aws) -> Self:
        if have := self.observe(aws):  # another stack was quicker
            return have
        self._make_role(aws)
        role = self._role_arn(aws)
        # Refused until the role has taken effect (A19), and asked at most once in 20 s (A1).
        aws.apigateway.update_account(
            patchOperations=[{"op": "replace", "path": "/cloudwatchRoleArn", "value": role}]
        )
        return replace(self, role=role)

    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:  # noqa: ARG002  (never called: nothing in it is compared)
        return replace(self, role=have.role)

    def delete(self, aws: Aws) -> None:
        """Never: every stack of the account logs by it (A20)."""

    def _role_arn(self, aws: Aws) -> str:
        return aws.location.arn("iam", f"role/{self.role_name}", region=False)

    def _make_role(self, aws: Aws) -> None:
        """The role, or what a crash left to be done to it, or one that serves another region."""
        try:
            request: CreateRoleRequestTypeDef = {
                "RoleName": self.role_name,
                "AssumeRolePolicyDocument": json.dumps(TRUST),
                "Description": "Lets API Gateway write logs; for all stacks of this account",
                "Tags": [{"Key": OWNER, "Value": OWNED_BY_ACCOUNT}],
            }
            if self.boundary:
                request["PermissionsBoundary"] = self.boundary
            aws.iam.create_role(**request)
            aws.fresh.add(self.role_name)
        except aws.iam.exceptions.EntityAlreadyExistsException:
            self._refuse_foreign_role(aws)
        aws.iam.put_role_policy(
            RoleName=self.role_name, PolicyName=POLICY_NAME, PolicyDocument=self._log_policy(aws)
        )

    def _log_policy(self, aws: Aws) -> str:
        """Any stack may choose any log group, in any region: one role serves them all."""
        everywhere = replace(aws.location, region="*")
        statement = {
            "Effect": "Allow",
            "Action": LOG_ACTIONS,
            "Resource": everywhere.arn("logs", "*"),
        }
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    def _refuse_foreign_role(self, aws: Aws) -> None:
        tags = aws.iam.list_role_tags(RoleName=self.role_name)["Tags"]
        if {"Key": OWNER, "Value": OWNED_BY_ACCOUNT} not in tags:
            raise NotOwned(
                f"a role {self.role_name} exists that provision did not make",
                hint="rename that role, or set a role with access to CloudWatch Logs yourself:"
                f" `aws apigateway update-account --region {aws.location.region} --patch-operations"
                " op=replace,path=/cloudwatchRoleArn,value=ROLE_ARN`",
            )


def _exists(aws: Aws, role: str) -> bool:
    try:
        aws.iam.get_role(RoleName=role)
    except aws.iam.exceptions.NoSuchEntityException:
        return False
    return True


def _is_dead(aws: Aws, arn: str) -> bool:
    """Whether a role of this account is gone. Of one that may not be looked at nothing is said."""
    if account_of(arn) != aws.location.account:
        return False
    try:
        return not _exists(aws, arn.rpartition("/")[2])
    except ClientError:
        return False


def _cure(aws: Aws) -> str:
    return (
        f"`aws apigateway update-account --region {aws.location.region} --patch-operations"
        " op=replace,path=/cloudwatchRoleArn,value=` takes it out, and `provision up` sets one"
    )


def _set_role(aws: Aws) -> str:
    """An account that never used API Gateway here is answered with 404 (A36)."""
    with ignore_not_found():
        return aws.apigateway.get_account().get("cloudwatchRoleArn", "")
    return ""
