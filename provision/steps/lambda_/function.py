"""The Lambda function: its code, its configuration, and the role, network and queue it uses."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Final, Self, cast

from botocore.exceptions import ClientError

from provision.aws.client import Aws
from provision.errors import WaitTimeout
from provision.model import iam
from provision.model.capabilities import (
    CheckedBeforeDeletion,
    HasOwnRisks,
    ReportsProblems,
    WritesData,
)
from provision.model.risks import Risk, Risks
from provision.model.step import Computed, Digest, Fixed, Local, Tagged
from provision.sanitizing.masking import Variables, masked, revealed
from provision.steps.lambda_ import concurrency, reach
from provision.steps.lambda_.code import read_zip
from provision.steps.lambda_.configuration import (
    STORAGE,
    WORDS,
    configuration_digest,
    parse_configuration,
    whole_logging,
)
from provision.steps.lambda_.lost_variables import LOOKS, without_lost
from provision.steps.lambda_.request import FunctionRequest
from provision.steps.lambda_.states import describe, failure, wait_until_stable, wait_working
from provision.steps.made_with import function_made_with
from provision.steps.not_found import ignore_not_found
from provision.steps.tagging import tag_changes, without_system
from provision.unknown import UNKNOWN, is_known, unknown

if TYPE_CHECKING:
    from mypy_boto3_lambda.literals import (
        ArchitectureType,
        RuntimeType,
        TracingModeType,
    )

GONE_BUDGET = 600  # seconds: a deleted function remains for a while (L27)

_CONFIGURED: Final = (
    "runtime",
    "handler",
    "description",
    "role",
    "memory",
    "timeout",
    "layers",
    "environment",
    "key",
    "tracing",
    "dead_letters",
    "subnet_ids",
    "group_ids",
    "log_group",
    "log_format",
)
"""The fields that UpdateFunctionConfiguration sets."""
_FROZEN: Final = (
    *(name for name in _CONFIGURED if name != WORDS),
    "architecture",
    "strays",
)
"""The fields that a published version keeps, besides the code."""
_FUNCTION: Final = iam.arn("lambda", "function:{name}")
_CHECKED: Final = (
    iam.Permission(
        "iam:PassRole",
        ("{role}",),
        (iam.Condition("StringEquals", "iam:PassedToService", "lambda.amazonaws.com"),),
    ),
    iam.Permission("lambda:GetLayerVersion", ("{layers}",), if_set="layers"),
    iam.Permission("kms:CreateGrant", ("{key}",), wildcard_conditions=(iam.OWNED,), if_set="key"),
    iam.Permission("kms:Encrypt", ("{key}",), wildcard_conditions=(iam.OWNED,), if_set="key"),
    iam.Permission("ec2:DescribeSecurityGroups", if_set="subnet_ids"),
    iam.Permission("ec2:DescribeSubnets", if_set="subnet_ids"),
    iam.Permission("ec2:DescribeVpcs", if_set="subnet_ids"),
)
"""Permissions that Lambda checks, for the caller, on the resources that a function uses.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
"""


@dataclass(frozen=True, kw_only=True)
class Function(Tagged, CheckedBeforeDeletion, WritesData, ReportsProblems, HasOwnRisks):
    """A Lambda function.

    `layers`: version ARNs, a later one's files over an earlier one's. `dead_letters`: the ARN of
    the queue for failed asynchronous invocations. `key`: the ARN of the KMS key that encrypts the
    environment; empty for Lambda's own key. `concurrency`: the calls that run at once at most; 0
    refuses each, None is no limit of its own. `failure`: why AWS gave up on the last change, or
    empty. `strays`: undeclared settings, in words.

    https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
    """

    KIND = "lambda.function"
    IDENTITY = ("name",)
    RISKS = Risks(
        create=reach.MADE,
        update={
            "subnet_ids": reach.MOVED,
            "group_ids": reach.MOVED,
            "concurrency": concurrency.RISKS,
        },
        downtime="its calls fail until it is recreated",
    )
    API_CALLS = iam.ApiCalls(
        read=(
            iam.call(
                "lambda.GetFunction",
                iam.Permission("lambda:GetFunction", (_FUNCTION,)),
                iam.Permission("lambda:ListTags", (_FUNCTION,)),  # otherwise AWS hides the tags
                # Otherwise AWS hides the environment.
                iam.Permission(
                    "kms:Decrypt", ("{key}",), wildcard_conditions=(iam.OWNED,), if_set="key"
                ),
            ),
            *LOOKS,
        ),
        write=(
            iam.call(
                "lambda.CreateFunction",
                iam.Permission("lambda:CreateFunction", (_FUNCTION,)),
                iam.Permission("lambda:TagResource", (_FUNCTION,)),
                *_CHECKED,
            ),
            iam.call(
                "lambda.UpdateFunctionConfiguration",
                iam.Permission("lambda:UpdateFunctionConfiguration", (_FUNCTION,)),
                *_CHECKED,
            ),
            *iam.calls(
                "lambda",
                _FUNCTION,
                "DeleteFunctionConcurrency",
                "PutFunctionConcurrency",
                "TagResource",
                "UntagResource",
                "UpdateFunctionCode",
            ),
        ),
        delete=iam.calls("lambda", _FUNCTION, "DeleteFunction", "UpdateFunctionConfiguration"),
        computed={"arn": _FUNCTION},
    )

    name: Fixed[str]
    runtime: str
    handler: str
    role: str
    code_sha256: Annotated[str, Digest("code", from_files=True)]
    zip: Local[str] = field(default_factory=unknown)
    architecture: str = "x86_64"
    description: str = ""
    memory: int = 128
    timeout: int = 3
    concurrency: int | None = None
    layers: tuple[str, ...] = ()
    environment: Variables = field(default_factory=dict)
    key: str = ""
    tracing: str = "Active"
    dead_letters: str | None = None
    subnet_ids: tuple[str, ...] = ()
    group_ids: tuple[str, ...] = ()
    log_group: str
    log_format: str = "JSON"
    made_with: Fixed[tuple[str, ...]] = ()
    failure: str = ""
    strays: tuple[str, ...] = ()
    arn: Computed[str] = ""

    def __post_init__(self) -> None:
        """Mask the values of variables that are secret by their names, for every new instance."""
        if is_known((self.name, self.environment)):
            vars(self)["environment"] = masked(self.environment, self.name)

    def configuration(self) -> str:
        """Return a digest of all that a version freezes except the code; unknown if a part is."""
        kept = {name: vars(self)[name] for name in _FROZEN}
        return configuration_digest(kept) if is_known(kept) else UNKNOWN

    def reported_problem(self) -> str:
        return concurrency.STOPPED if self.concurrency == 0 else ""

    def own_risks(self, have: Self | None) -> Sequence[Risk]:
        return reach.open_risks(self.subnet_ids, have.subnet_ids if have else None)

    def observe(self, aws: Aws) -> Self | None:
        found = wait_until_stable(aws, self.name)
        if found is None:
            return None
        shown, lost = without_lost(aws, found["Configuration"])
        read = parse_configuration(shown)
        return replace(
            self,
            **read,
            concurrency=found.get("Concurrency", {}).get("ReservedConcurrentExecutions"),
            code_sha256=shown["CodeSha256"],
            made_with=function_made_with(shown),
            failure=failure(shown) or lost,
            tags=without_system(found.get("Tags", {})),
            arn=shown["FunctionArn"],
        )

    def create(self, aws: Aws) -> Self:
        answer = aws.lambda_.create_function(
            **self._request(),
            Code={"ZipFile": self._zip()},
            Architectures=self._architectures(),
            PackageType="Zip",
            Tags=self.tags,
        )
        wait_working(aws, self.name)
        if self.concurrency is not None:  # no part of CreateFunction
            concurrency.reserve(aws, self.name, self.concurrency)
        return replace(self, arn=answer["FunctionArn"])

    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:
        if "tags" in changed:
            self._change_tags(aws, have)
        if "concurrency" in changed:  # before new code and settings: 0 stops it
            concurrency.reserve(aws, self.name, self.concurrency)
        # After a failure AWS shows settings that it does not run: everything is sent again.
        if "strays" in changed:
            self._remove_strays(aws)
        if {"failure", *_CONFIGURED} & set(changed):
            aws.lambda_.update_function_configuration(**self._request())
            wait_working(aws, self.name)  # another change before that is refused (L7)
        if {"failure", "code_sha256", "architecture"} & set(changed):
            aws.lambda_.update_function_code(
                FunctionName=self.name,
                ZipFile=self._zip(),
                Architectures=self._architectures(),
            )
            wait_working(aws, self.name)
        return replace(self, arn=have.arn)

    def delete(self, aws: Aws) -> None:
        found = wait_until_stable(aws, self.name)
        if found is None:
            return
        if found["Configuration"].get("VpcConfig", {}).get("SubnetIds"):
            self._detach(aws)
        with ignore_not_found():
            aws.lambda_.delete_function(FunctionName=self.name)
        aws.wait_until_gone(  # the function and its name remain for a while (L27)
            f"function {self.name}",
            lambda: describe(aws, self.name) is not None,
            budget=GONE_BUDGET,
        )

    def _detach(self, aws: Aws) -> None:
        """Leave the VPC, so that Lambda releases the network interfaces sooner (E2).

        Best effort: if it fails, Lambda deletes them later. Wait for the end, since deleting the
        function meanwhile would keep them.
        """
        with suppress(ClientError, WaitTimeout):
            aws.lambda_.update_function_configuration(
                FunctionName=self.name, VpcConfig={"SubnetIds": [], "SecurityGroupIds": []}
            )
            wait_until_stable(aws, self.name)

    def _remove_strays(self, aws: Aws) -> None:
        aws.lambda_.update_function_configuration(
            FunctionName=self.name,
            EphemeralStorage={"Size": STORAGE},
            FileSystemConfigs=[],
            SnapStart={"ApplyOn": "None"},
            LoggingConfig=whole_logging(self.log_format, self.log_group),
        )
        wait_working(aws, self.name)

    def _change_tags(self, aws: Aws, have: Self) -> None:
        gone, new = tag_changes(have.tags, self.tags)
        if gone:
            aws.lambda_.untag_resource(Resource=have.arn, TagKeys=gone)
        if new:  # only the function's own ARN takes tags, without a qualifier (L20)
            aws.lambda_.tag_resource(Resource=have.arn, Tags=new)

    def _zip(self) -> bytes:
        return read_zip(self.zip, f"function {self.name}", self.code_sha256)

    def _architectures(self) -> list[ArchitectureType]:
        return [cast("ArchitectureType", self.architecture)]

    def _request(self) -> FunctionRequest:
        """Return all settings: AWS keeps what a request omits, so empty blocks are sent (L19)."""
        return {
            "FunctionName": self.name,
            "Runtime": cast("RuntimeType", self.runtime),
            "Handler": self.handler,
            "Description": self.description,
            "Role": self.role,
            "MemorySize": self.memory,
            "Timeout": self.timeout,
            "Layers": self.layers,
            "Environment": {"Variables": revealed(self.environment)},
            "KMSKeyArn": self.key,
            "TracingConfig": {"Mode": cast("TracingModeType", self.tracing)},
            "DeadLetterConfig": {"TargetArn": self.dead_letters or ""},
            "VpcConfig": {"SubnetIds": self.subnet_ids, "SecurityGroupIds": self.group_ids},
            "LoggingConfig": whole_logging(self.log_format, self.log_group),
        }
