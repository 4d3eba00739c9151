"""Drift of the function, its code and its releases, by another client's calls to Lambda."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from provision.aws.client import Aws
from provision.steps.lambda_.function import Function
from tests.conformance.drift.case import Case
from tests.conformance.drift.edits import NEVER_CHANGES, STRAY, key_of_theirs, role_of_theirs
from tests.unit.steps.lambda_world import a_bundle


def tag(aws: Aws, function: Function) -> None:
    """TagResource: a tag more"""
    aws.lambda_.tag_resource(Resource=function.arn, Tags={STRAY: "theirs"})


def runtime(aws: Aws, function: Function) -> None:
    """UpdateFunctionConfiguration: an older Python"""
    configure(aws, function, Runtime="python3.12")


def handler(aws: Aws, function: Function) -> None:
    """UpdateFunctionConfiguration: another handler"""
    configure(aws, function, Handler="theirs.handler")


def role(aws: Aws, function: Function) -> None:
    """UpdateFunctionConfiguration: a role of theirs"""
    configure(aws, function, Role=role_of_theirs(aws, "lambda.amazonaws.com"))


def description(aws: Aws, function: Function) -> None:
    """UpdateFunctionConfiguration: another description"""
    configure(aws, function, Description="theirs")


def memory(aws: Aws, function: Function) -> None:
    """UpdateFunctionConfiguration: 128 MB"""
    configure(aws, function, MemorySize=128)


def timeout(aws: Aws, function: Function) -> None:
    """UpdateFunctionConfiguration: 3 seconds"""
    configure(aws, function, Timeout=3)


def layers(aws: Aws, function: Function) -> None:
    """UpdateFunctionConfiguration: no layers"""
    configure(aws, function, Layers=[])


def environment(aws: Aws, function: Function) -> None:
    """UpdateFunctionConfiguration: a variable more"""
    variables = {**function.environment, "THEIRS": "1"}
    configure(aws, function, Environment={"Variables": variables})


def key(aws: Aws, function: Function) -> None:
    """UpdateFunctionConfiguration: a key of theirs"""
    configure(aws, function, KMSKeyArn=key_of_theirs(aws))


def tracing(aws: Aws, function: Function) -> None:
    """UpdateFunctionConfiguration: traced only by others"""
    configure(aws, function, TracingConfig={"Mode": "PassThrough"})


def dead_letters(aws: Aws, function: Function) -> None:
    """UpdateFunctionConfiguration: failures go nowhere"""
    configure(aws, function, DeadLetterConfig={"TargetArn": ""})


def subnets(aws: Aws, function: Function) -> None:
    """UpdateFunctionConfiguration: in one zone only"""
    _network(aws, function, SubnetIds=list(function.subnet_ids[:1]))


def group(aws: Aws, function: Function) -> None:
    """UpdateFunctionConfiguration: the VPC's default group"""
    (subnet, *_) = aws.ec2.describe_subnets(SubnetIds=list(function.subnet_ids))["Subnets"]
    (default,) = aws.ec2.describe_security_groups(
        Filters=[
            {"Name": "vpc-id", "Values": [subnet["VpcId"]]},
            {"Name": "group-name", "Values": ["default"]},
        ]
    )["SecurityGroups"]
    _network(aws, function, SecurityGroupIds=[default["GroupId"]])


def _network(aws: Aws, function: Function, **other: Any) -> None:
    shown = aws.lambda_.get_function_configuration(FunctionName=function.name)["VpcConfig"]
    kept = {name: shown[name] for name in ("SubnetIds", "SecurityGroupIds")}
    configure(aws, function, VpcConfig={**kept, **other})


def log_group(aws: Aws, function: Function) -> None:
    """UpdateFunctionConfiguration: another log group"""
    _logging(aws, function, LogGroup="/theirs/function")


def log_format(aws: Aws, function: Function) -> None:
    """UpdateFunctionConfiguration: lines of text"""
    _logging(aws, function, LogFormat="Text")


def _logging(aws: Aws, function: Function, **other: str) -> None:
    shown = aws.lambda_.get_function_configuration(FunctionName=function.name)["LoggingConfig"]
    configure(aws, function, LoggingConfig={**shown, **other})


def configure(aws: Aws, function: Function, **what: Any) -> None:
    aws.lambda_.update_function_configuration(FunctionName=function.name, **what)
    aws.lambda_.get_waiter("function_updated_v2").wait(FunctionName=function.name)


def code(aws: Aws, function: Function) -> None:
    """UpdateFunctionCode: code of theirs"""
    upload(aws, function, a_bundle("theirs").content)


def architecture(aws: Aws, function: Function) -> None:
    """UpdateFunctionCode: the same code, for x86_64"""
    upload(aws, function, Path(function.zip).read_bytes(), Architectures=["x86_64"])


def limit(aws: Aws, function: Function) -> None:
    """PutFunctionConcurrency: five at once"""
    aws.lambda_.put_function_concurrency(FunctionName=function.name, ReservedConcurrentExecutions=5)


def shut(aws: Aws, function: Function) -> None:
    """PutFunctionConcurrency: none at once"""
    aws.lambda_.put_function_concurrency(FunctionName=function.name, ReservedConcurrentExecutions=0)


def storage(aws: Aws, function: Function) -> None:
    """UpdateFunctionConfiguration: more storage"""
    configure(aws, function, EphemeralStorage={"Size": 1024})


def upload(aws: Aws, function: Function, content: bytes, **more: Any) -> None:
    aws.lambda_.update_function_code(FunctionName=function.name, ZipFile=content, **more)
    aws.lambda_.get_waiter("function_updated_v2").wait(FunctionName=function.name)


FUNCTION: Final = "function.items"

CASES: Final = (
    Case(FUNCTION, "tags", tag),
    Case(FUNCTION, "runtime", runtime),
    Case(FUNCTION, "handler", handler),
    Case(FUNCTION, "role", role),
    Case(FUNCTION, "description", description),
    Case(FUNCTION, "memory", memory),
    Case(FUNCTION, "timeout", timeout),
    Case(FUNCTION, "layers", layers),
    Case(FUNCTION, "environment", environment),
    Case(FUNCTION, "key", key),
    Case(FUNCTION, "tracing", tracing),
    Case(FUNCTION, "dead_letters", dead_letters),
    Case(FUNCTION, "subnet_ids", subnets),
    Case(FUNCTION, "group_ids", group),
    Case(FUNCTION, "log_group", log_group),
    Case(FUNCTION, "log_format", log_format),
    Case(FUNCTION, "architecture", architecture),
    Case(FUNCTION, "code_sha256", code),
    Case(FUNCTION, "concurrency", limit),
    Case(FUNCTION, "concurrency", shut),
    Case(FUNCTION, "strays", storage),
)

REASONS: Final = {
    "lambda.function": {
        "name": "A function cannot be renamed.",
        "made_with": NEVER_CHANGES,
        "failure": "Only Lambda says it, when it gave up on what was asked of it.",
    },
}
