"""Drift of a function's layers, versions, alias, retries and permission.

Another client changes them by calls to Lambda.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from provision.aws.client import Aws
from provision.steps.lambda_.alias import Alias
from provision.steps.lambda_.event_invoke import EventInvoke
from provision.steps.lambda_.function import Function
from provision.steps.lambda_.layer import Layer
from provision.steps.lambda_.permission import Permission
from tests.conformance.drift.case import GONE, Case
from tests.conformance.drift.functions import code, configure, memory, upload
from tests.unit.steps.lambda_world import a_bundle


def another_layer(aws: Aws, layer: Layer) -> None:
    """PublishLayerVersion of other content in our words, DeleteLayerVersion of ours"""
    _succeed(aws, layer, a_bundle("theirs").content, digest="0" * 64)


def for_another_python(aws: Aws, layer: Layer) -> None:
    """PublishLayerVersion for an older Python in our words, DeleteLayerVersion of ours"""
    _succeed(aws, layer, Path(layer.zip).read_bytes(), CompatibleRuntimes=["python3.12"])


def for_another_machine(aws: Aws, layer: Layer) -> None:
    """PublishLayerVersion for x86_64 in our words, DeleteLayerVersion of ours"""
    _succeed(aws, layer, Path(layer.zip).read_bytes(), CompatibleArchitectures=["x86_64"])


def _succeed(aws: Aws, layer: Layer, content: bytes, digest: str = "", **other: Any) -> None:
    like_ours: dict[str, Any] = {
        "CompatibleRuntimes": list(layer.runtimes),
        "CompatibleArchitectures": list(layer.architectures),
    }
    aws.lambda_.publish_layer_version(
        LayerName=layer.name,
        Description=f"{layer.owner} sha256={digest or layer.sha256}",
        Content={"ZipFile": content},
        **like_ours | other,
    )
    _delete(aws, layer, keep=1)


def delete_layer(aws: Aws, layer: Layer) -> None:
    """DeleteLayerVersion: every one"""
    _delete(aws, layer, keep=0)


def _delete(aws: Aws, layer: Layer, *, keep: int) -> None:
    """Delete all versions but the newest `keep`."""
    versions = aws.lambda_.list_layer_versions(LayerName=layer.name)["LayerVersions"]
    numbers = sorted((version["Version"] for version in versions), reverse=True)
    for number in numbers[keep:]:
        aws.lambda_.delete_layer_version(LayerName=layer.name, VersionNumber=number)


def publish_code(aws: Aws, function: Function) -> None:
    """PublishVersion of code of theirs, then the function as it was"""
    code(aws, function)
    aws.lambda_.publish_version(FunctionName=function.name)
    upload(aws, function, Path(function.zip).read_bytes())


def publish_memory(aws: Aws, function: Function) -> None:
    """PublishVersion with 128 MB, then the function as it was"""
    memory(aws, function)
    aws.lambda_.publish_version(FunctionName=function.name)
    configure(aws, function, MemorySize=function.memory)


def point_to_latest(aws: Aws, alias: Alias) -> None:
    """UpdateAlias: to $LATEST, which is not a published version"""
    aws.lambda_.update_alias(
        FunctionName=alias.function, Name=alias.name, FunctionVersion="$LATEST"
    )


def share_calls(aws: Aws, function: Function) -> None:
    """UpdateAlias: a tenth of the calls to a version of theirs"""
    memory(aws, function)
    theirs = aws.lambda_.publish_version(FunctionName=function.name)["Version"]
    configure(aws, function, MemorySize=function.memory)
    aws.lambda_.publish_version(FunctionName=function.name)
    aws.lambda_.update_alias(
        FunctionName=function.name,
        Name="live",
        RoutingConfig={"AdditionalVersionWeights": {theirs: 0.1}},
    )


def never_again(aws: Aws, retries: EventInvoke) -> None:
    """PutFunctionEventInvokeConfig: no retries"""
    _invoke(aws, retries, MaximumRetryAttempts=0)


def tell_somebody(aws: Aws, it: EventInvoke) -> None:
    """PutFunctionEventInvokeConfig: failures sent to a queue of theirs"""
    aws.sqs.create_queue(QueueName="theirs")
    failed = {"OnFailure": {"Destination": aws.location.arn("sqs", "theirs")}}
    _invoke(aws, it, DestinationConfig=failed)


def not_for_long(aws: Aws, retries: EventInvoke) -> None:
    """PutFunctionEventInvokeConfig: for a minute only"""
    _invoke(aws, retries, MaximumEventAgeInSeconds=60)


def _invoke(aws: Aws, retries: EventInvoke, **other: Any) -> None:
    shown = aws.lambda_.get_function_event_invoke_config(
        FunctionName=retries.function, Qualifier=retries.qualifier
    )
    settings: dict[str, Any] = {
        "MaximumRetryAttempts": shown["MaximumRetryAttempts"],
        "MaximumEventAgeInSeconds": shown["MaximumEventAgeInSeconds"],
        "DestinationConfig": shown.get("DestinationConfig", {}),
    }
    aws.lambda_.put_function_event_invoke_config(
        FunctionName=retries.function, Qualifier=retries.qualifier, **settings | other
    )


def forget_retries(aws: Aws, retries: EventInvoke) -> None:
    """DeleteFunctionEventInvokeConfig"""
    aws.lambda_.delete_function_event_invoke_config(
        FunctionName=retries.function, Qualifier=retries.qualifier
    )


def another_caller(aws: Aws, permission: Permission) -> None:
    """RemovePermission, AddPermission: our id, another service"""
    _rewrite(aws, permission, Principal="sns.amazonaws.com")


def from_anywhere(aws: Aws, permission: Permission) -> None:
    """RemovePermission, AddPermission: our id, from every API"""
    _rewrite(aws, permission, SourceArn=aws.location.arn("execute-api", "*"))


def _rewrite(aws: Aws, permission: Permission, **other: str) -> None:
    forbid(aws, permission)
    ours: dict[str, Any] = {
        "FunctionName": permission.function,
        "Qualifier": permission.qualifier,
        "StatementId": permission.statement,
        "Action": "lambda:InvokeFunction",
        "Principal": permission.principal,
        "SourceArn": permission.source,
    }
    aws.lambda_.add_permission(**ours | other)


def let_in_by_the_alias(aws: Aws, permission: Permission) -> None:
    """AddPermission: a statement more, on the alias"""
    aws.lambda_.add_permission(
        FunctionName=permission.function,
        Qualifier=permission.qualifier,
        StatementId="theirs",
        Action="lambda:InvokeFunction",
        Principal="*",
    )


def let_in_past_the_alias(aws: Aws, permission: Permission) -> None:
    """AddPermission: a statement on the function itself"""
    aws.lambda_.add_permission(
        FunctionName=permission.function,
        StatementId="theirs-too",
        Action="lambda:InvokeFunction",
        Principal="*",
    )


def forbid(aws: Aws, permission: Permission) -> None:
    """RemovePermission"""
    aws.lambda_.remove_permission(
        FunctionName=permission.function,
        Qualifier=permission.qualifier,
        StatementId=permission.statement,
    )


LAYER: Final = "layer.dependencies"
FUNCTION: Final = "function.items"
VERSION: Final = "function.items.version"
ALIAS: Final = "function.items.alias"
RETRIES: Final = "function.items.retries"
PERMISSION: Final = "function.items.permission"
MOVES: Final = (f"{ALIAS} version",)
"""The alias moves to the published version."""
RELEASES: Final = (f"{FUNCTION} layers", f"{VERSION} configuration", *MOVES)
"""A function with another layer is published again."""

CASES: Final = (
    Case(LAYER, "sha256", another_layer, RELEASES, alone=True),
    Case(LAYER, "runtimes", for_another_python, RELEASES, alone=True),
    Case(LAYER, "architectures", for_another_machine, RELEASES, alone=True),
    Case(LAYER, GONE, delete_layer, RELEASES, alone=True),
    Case(VERSION, "code_sha256", publish_code, MOVES, alone=True, of=FUNCTION),
    Case(VERSION, "configuration", publish_memory, MOVES, alone=True, of=FUNCTION),
    Case(ALIAS, "version", point_to_latest),
    Case(ALIAS, "weights", share_calls, MOVES, alone=True, of=FUNCTION),
    Case(RETRIES, "retries", never_again),
    Case(RETRIES, "max_age", not_for_long),
    Case(RETRIES, "destinations", tell_somebody),
    Case(RETRIES, GONE, forget_retries, alone=True),
    Case(PERMISSION, "principal", another_caller, alone=True),
    Case(PERMISSION, "source", from_anywhere, alone=True),
    Case(PERMISSION, "others", let_in_by_the_alias, alone=True),
    Case(PERMISSION, "others", let_in_past_the_alias, alone=True),
    Case(PERMISSION, GONE, forbid, alone=True),
)

_KNOWN_BY: Final = "It is its identity: no call changes it, and another name is another resource."

REASONS: Final = {
    "lambda.layer": {"name": _KNOWN_BY},
    "lambda.version": {"function": _KNOWN_BY},
    "lambda.alias": {"function": _KNOWN_BY, "name": _KNOWN_BY},
    "lambda.event_invoke": {"function": _KNOWN_BY, "qualifier": _KNOWN_BY},
    "lambda.permission": {
        "function": _KNOWN_BY,
        "qualifier": _KNOWN_BY,
        "statement": _KNOWN_BY,
    },
}
