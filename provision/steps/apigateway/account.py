"""The role with which API Gateway writes logs: one for an account and region, for all stacks."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Self

from botocore.exceptions import ClientError

from provision.aws.access import account_of
from provision.aws.client import Aws
from provision.errors import NotOwned
from provision.model import iam
from provision.model.capabilities import ReportsProblems
from provision.model.step import OWNER, Computed, Document, Local, Management
from provision.steps.iam.role import BOUNDED
from provision.steps.not_found import found_or_none, ignore_not_found
from provision.unknown import unknown

if TYPE_CHECKING:
    from mypy_boto3_iam.type_defs import CreateRoleRequestTypeDef

OWNED_BY_ACCOUNT: Final = "account"
"""The value of the role's owner tag: the role belongs to no stack."""

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

# The actions that AWS's managed policy AmazonAPIGatewayPushToCloudWatchLogs allows on all logs.
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
class ApiAccount(ReportsProblems):
    """The account's logging role, set only if none is set or our own role does not exist (A20).

    It is never removed. A foreign role is kept, and reported if it does not exist. `role_name` is
    the role to create if none is set; it gets the permissions boundary `boundary`.

    https://docs.aws.amazon.com/apigateway/latest/api/API_UpdateAccount.html
    """

    KIND = "apigateway.account"
    IDENTITY = ("role_name",)
    MANAGEMENT = Management.NEVER_DELETED
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
    """The command that repairs it, if a foreign role of this account is set and does not exist."""

    def called(self) -> str:
        return "the account's logging role"

    def observe(self, aws: Aws) -> Self | None:
        role = _set_role(aws)
        if not role:
            return None
        if role == self._role_arn(aws):
            return replace(self, role=role) if _exists(aws, self.role_name) else None
        return replace(self, role=role, dead=_cure(aws) if _is_dead(aws, role) else "")

    def reported_problem(self) -> str:
        """Return a note on a missing role: API Gateway accepts it silently, and logs nothing."""
        if not self.dead:
            return ""
        return f"its role {self.role} does not exist: no API of this account logs; {self.dead}"

    def create(self, aws: Aws) -> Self:
        if have := self.observe(aws):  # another stack has set it in the meantime
            return have
        self._make_role(aws)
        role = self._role_arn(aws)
        # AWS refuses the role until it has taken effect (A19), and allows one call in 20 s (A1).
        aws.apigateway.update_account(
            patchOperations=[{"op": "replace", "path": "/cloudwatchRoleArn", "value": role}]
        )
        return replace(self, role=role)

    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:  # noqa: ARG002  (never called: nothing in it is compared)
        return replace(self, role=have.role)

    def delete(self, aws: Aws) -> None:
        """Do nothing: every stack of the account logs with this role (A20)."""

    def _role_arn(self, aws: Aws) -> str:
        return aws.location.arn("iam", f"role/{self.role_name}", region=False)

    def _make_role(self, aws: Aws) -> None:
        """Create the role, or complete one that a crash left or that serves another region."""
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
            aws.new_ids.add(self.role_name)
        except aws.iam.exceptions.EntityAlreadyExistsException:
            self._refuse_foreign_role(aws)
        aws.iam.put_role_policy(
            RoleName=self.role_name, PolicyName=POLICY_NAME, PolicyDocument=self._log_policy(aws)
        )

    def _log_policy(self, aws: Aws) -> str:
        """Return a policy for all log groups in all regions: one role serves all stacks."""
        everywhere = replace(aws.location, region="*")
        statement = {
            "Effect": "Allow",
            "Action": LOG_ACTIONS,
            "Resource": everywhere.arn("logs", "*"),
        }
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    def _refuse_foreign_role(self, aws: Aws) -> None:
        pages = aws.iam.get_paginator("list_role_tags").paginate(RoleName=self.role_name)
        if not any({"Key": OWNER, "Value": OWNED_BY_ACCOUNT} in page["Tags"] for page in pages):
            raise NotOwned(
                f"a role {self.role_name} exists that provision did not make",
                hint="rename that role, or set a role with access to CloudWatch Logs yourself:"
                f" `aws apigateway update-account --region {aws.location.region} --patch-operations"
                " op=replace,path=/cloudwatchRoleArn,value=ROLE_ARN`",
            )


def _exists(aws: Aws, role: str) -> bool:
    return found_or_none(lambda: aws.iam.get_role(RoleName=role)) is not None


def _is_dead(aws: Aws, arn: str) -> bool:
    """Return whether a role of this account does not exist; False if reading it is not allowed."""
    if account_of(arn) != aws.location.account:
        return False
    try:
        return not _exists(aws, arn.rpartition("/")[2])
    except ClientError:
        return False


def _cure(aws: Aws) -> str:
    return (
        f"`aws apigateway update-account --region {aws.location.region} --patch-operations"
        " op=replace,path=/cloudwatchRoleArn,value=` removes it, and `provision up` sets one"
    )


def _set_role(aws: Aws) -> str:
    """Return the ARN of the role that is set, or "".

    AWS answers with 404 if the account never used API Gateway in this region (A36).
    """
    with ignore_not_found():
        return aws.apigateway.get_account().get("cloudwatchRoleArn", "")
    return ""
