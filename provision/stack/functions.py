"""Adds the functions: role, log group, dead letters, code, layers, version, alias and retries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from provision import config
from provision.model.stack import Node, Stack
from provision.model.step import Document
from provision.stack import grants, key_grants
from provision.stack.encryption import EncryptionKey
from provision.stack.environment import environment
from provision.stack.inputs import StackInputs
from provision.stack.layers import add_layer
from provision.stack.network import NetworkNodes, add_interfaces
from provision.stack.placement import Placement, placement_of
from provision.stack.resource_policies import queue_policy
from provision.steps.ec2.network_interfaces import NetworkInterfaces
from provision.steps.iam.role import Role
from provision.steps.iam.role_policies import OWN, RolePolicies
from provision.steps.lambda_.alias import Alias
from provision.steps.lambda_.event_invoke import EventInvoke
from provision.steps.lambda_.function import Function
from provision.steps.lambda_.layer import Layer
from provision.steps.lambda_.version import Version
from provision.steps.logs.log_group import LogGroup
from provision.steps.sqs.queue import SSE, Queue
from provision.unknown import UNKNOWN

LIVE = "live"
"""The alias that all callers use. It moves only to a version that is active and can be imported."""


@dataclass(frozen=True)
class FunctionNodes:
    """The nodes of a function that other nodes need."""

    function: Node[Function]
    alias: Node[Alias]
    dead_letters: Node[Queue]


@dataclass(frozen=True)
class _FunctionPrerequisites:
    """The nodes that a function needs before it can be created."""

    role: Node[Role]
    grants: Node[RolePolicies]
    dead_letters: Node[Queue]
    logs: Node[LogGroup]


def add_functions(
    stack: Stack,
    inputs: StackInputs,
    network: NetworkNodes,
    encryption: EncryptionKey,
) -> Mapping[str, FunctionNodes]:
    layers = {key: add_layer(stack, inputs, key) for key in inputs.config.built_layers}
    places = {key: placement_of(each, network) for key, each in inputs.config.functions.items()}
    around = {
        key: _add_surroundings(stack, inputs, key, place, encryption)
        for key, place in places.items()
    }
    interfaces = add_interfaces(stack, inputs, network, [each.grants for each in around.values()])
    return {
        key: _add_function(
            stack,
            inputs,
            key,
            around[key],
            (place, interfaces),
            layers,
            encryption,
        )
        for key, place in places.items()
    }


def _add_surroundings(
    stack: Stack, inputs: StackInputs, key: str, place: Placement, encryption: EncryptionKey
) -> _FunctionPrerequisites:
    name = inputs.aws_name("function", key)
    role = stack.add(
        f"function.{key}.role",
        lambda _: Role(
            name=inputs.global_name(inputs.aws_key("function", key)),
            service="lambda.amazonaws.com",
            description=f"What the function {name} may do",
            boundary=inputs.config.boundary,
            tags=inputs.tags,
        ),
        key=f"function.{key}",
    )
    dead_letters = stack.add(
        f"function.{key}.dead_letters",
        lambda get: Queue(
            name=inputs.aws_name("function", key, "dead-letters"),
            policy=queue_policy(
                inputs.location.arn("sqs", inputs.aws_name("function", key, "dead-letters"))
            ),
            encryption=encryption.arn(get, SSE),
            tags=inputs.tags,
        ),
        needs=encryption.needs,
        key=f"function.{key}",
    )
    logs = stack.add(
        f"function.{key}.logs",
        lambda get: LogGroup(
            name=f"/aws/lambda/{name}",
            retention=inputs.config.functions[key].log.retention,
            key=encryption.arn(get),
            tags=inputs.tags,
        ),
        needs=encryption.needs,
        key=f"function.{key}",
    )
    granted = _add_grants(stack, inputs, key, place, role, encryption)
    return _FunctionPrerequisites(role, granted, dead_letters, logs)


def _add_grants(
    stack: Stack,
    inputs: StackInputs,
    key: str,
    place: Placement,
    role: Node[Role],
    encryption: EncryptionKey,
) -> Node[RolePolicies]:
    name = inputs.aws_name("function", key)
    arn = inputs.location.arn("lambda", f"function:{name}")
    group_of_logs = inputs.location.arn("logs", f"log-group:/aws/lambda/{name}")
    queue = inputs.location.arn("sqs", inputs.aws_name("function", key, "dead-letters"))
    function = inputs.config.functions[key]
    return stack.add(
        f"function.{key}.grants",
        lambda get: RolePolicies(
            role=get(role).name,
            boundary=inputs.config.boundary,
            policies={
                **_table_policies(inputs, function, place.vpc_id(get)),
                "logs": grants.logging(group_of_logs),
                "tracing": grants.tracing(),
                "dead-letters": grants.dead_letters(queue),
                "network": place.interface_rights(get, inputs.location, arn),
                **_key_policies(inputs, function, encryption, encryption.arn(get)),
                **_secret_policies(inputs, function, place.vpc_id(get)),
                **_own_policies(inputs, function),
            },
            wide=tuple(each.wide for each in function.policy if each.wide),
        ),
        needs=[role, *place.vpc, *place.nodes, *encryption.needs],
        key=f"function.{key}",
    )


def _key_policies(
    inputs: StackInputs, function: config.Function, encryption: EncryptionKey, key: str
) -> dict[str, Document]:
    if not encryption.uses_customer_key:
        return {}
    return {
        "encryption": key_grants.encryption(inputs.location, key, tuple(function.tables.values()))
    }


def _secret_policies(
    inputs: StackInputs, function: config.Function, vpc_id: str | None
) -> dict[str, Document]:
    if not function.secrets:
        return {}
    return {"secrets": grants.secrets(inputs.location, function.secrets, vpc_id)}


def _own_policies(inputs: StackInputs, function: config.Function) -> dict[str, Document]:
    if not function.policy:
        return {}
    return {OWN: grants.own(function.policy, inputs.placeholders)}


def _table_policies(
    inputs: StackInputs, function: config.Function, vpc_id: str | None
) -> dict[str, Document]:
    if not function.tables:
        return {}
    granted = [
        grants.GrantedTable(
            inputs.location.arn("dynamodb", f"table/{inputs.aws_name('table', key)}"),
            grant,
            sort_key=inputs.config.tables[key].sort_key is not None,
        )
        for key, grant in function.tables.items()
    ]
    return {"tables": grants.table_access(granted, vpc_id)}


def _add_function(
    stack: Stack,
    inputs: StackInputs,
    key: str,
    around: _FunctionPrerequisites,
    placed: tuple[Placement, Node[NetworkInterfaces]],
    layers: Mapping[str, Node[Layer]],
    encryption: EncryptionKey,
) -> FunctionNodes:
    place, interfaces = placed
    names = inputs.config.functions[key].layers
    node = stack.add(
        f"function.{key}",
        lambda get: replace(
            _plain_function(inputs, key),
            role=get(around.role).arn,
            dead_letters=get(around.dead_letters).arn,
            log_group=get(around.logs).name,
            group_ids=place.group_ids(get),
            subnet_ids=place.subnet_ids(get),
            layers=tuple(
                get(layers[name]).arn if name in layers else inputs.config.layers[name].arn or ""
                for name in names
            ),
            key=encryption.arn(get),
        ),
        needs=[
            around.role,
            around.dead_letters,
            around.logs,
            *place.nodes,
            *(layers[name] for name in names if name in layers),
            *encryption.needs,
        ],
        # State files have the key last, so it is named here too.
        after=[around.grants, interfaces, *place.tables, *encryption.needs],
        key=f"function.{key}",
    )
    alias = _add_release(stack, key, inputs.config.functions[key], node, place.endpoints)
    return FunctionNodes(node, alias, around.dead_letters)


def _plain_function(inputs: StackInputs, key: str) -> Function:
    """Return the function as far as the configuration alone determines it."""
    wanted, package = inputs.config.functions[key], inputs.packages.function(key)
    return Function(
        name=inputs.aws_name("function", key),
        description=f"{key} of {inputs.config.prefix}",
        runtime=wanted.runtime,
        handler=wanted.handler,
        architecture=wanted.architecture,
        memory=wanted.memory,
        timeout=wanted.timeout,
        concurrency=wanted.concurrency,
        role=UNKNOWN,
        environment=environment(inputs, key),
        log_group=UNKNOWN,
        code_sha256=package.code_sha256,
        zip=package.zip,
        tags=inputs.tags,
    )


def _add_release(
    stack: Stack,
    key: str,
    wanted: config.Function,
    function: Node[Function],
    endpoints: Sequence[Node[Any]],
) -> Node[Alias]:
    version = stack.add(
        f"function.{key}.version",
        lambda get: Version(
            function=get(function).name,
            code_sha256=get(function).code_sha256,
            configuration=get(function).configuration(),
        ),
        needs=[function],
        after=endpoints,  # no version becomes live before it can fetch its secrets
        key=f"function.{key}",
    )
    alias = stack.add(
        f"function.{key}.alias",
        lambda get: Alias(
            function=get(version).function,
            name=LIVE,
            version=get(version).number,
            import_check=wanted.import_check,
        ),
        needs=[version],
        key=f"function.{key}",
    )
    stack.add(
        f"function.{key}.retries",
        lambda get: EventInvoke(
            function=get(alias).function,
            qualifier=get(alias).name,
            retries=wanted.retries.attempts,
            max_age=wanted.retries.max_age,
        ),
        needs=[alias],
        key=f"function.{key}",
    )
    return alias
