"""Adds the tables, with auto scaling above the minimum where capacity is provisioned."""

from __future__ import annotations

from typing import Final

from provision import config
from provision.model.stack import Node, Stack
from provision.stack.encryption import EncryptionKey
from provision.stack.inputs import StackInputs
from provision.steps.autoscaling.policy import ScalingPolicy
from provision.steps.autoscaling.target import ScalingTarget
from provision.steps.dynamodb.encryption import AWS_MANAGED
from provision.steps.dynamodb.keys import TEXT
from provision.steps.dynamodb.table import Table

ON_DEMAND: Final = "on-demand"


def add_tables(stack: Stack, inputs: StackInputs, encryption: EncryptionKey) -> None:
    for key, table in inputs.config.tables.items():
        _add_table(stack, inputs, key, table, encryption)


def _add_table(
    stack: Stack, inputs: StackInputs, key: str, table: config.Table, encryption: EncryptionKey
) -> None:
    node = stack.add(
        f"table.{key}",
        lambda get: Table(
            name=inputs.aws_name("table", key),
            key=table.key.name,
            key_type=table.key.type,
            sort_key=table.sort_key.name if table.sort_key else None,
            sort_type=table.sort_key.type if table.sort_key else TEXT,
            read_capacity=table.read.min,
            write_capacity=table.write.min,
            read_most=table.read.max,
            write_most=table.write.max,
            on_demand=table.capacity == ON_DEMAND,
            ttl=table.expire.attribute if table.expire else None,
            encryption=encryption.arn(get, AWS_MANAGED),
            protect=table.protect,
            tags=inputs.tags,
        ),
        needs=encryption.needs,
        key=f"table.{key}",
    )
    if table.capacity == ON_DEMAND:
        return  # there is no capacity to scale; the table ends the scaling that it had
    _add_scaling(stack, inputs, node, "read", "ReadCapacityUnits", table.read)
    _add_scaling(stack, inputs, node, "write", "WriteCapacityUnits", table.write)


def _add_scaling(
    stack: Stack,
    inputs: StackInputs,
    node: Node[Table],
    what: str,
    units: str,
    capacity: config.Capacity,
) -> None:
    dimension = f"dynamodb:table:{units}"
    # Registering may start AWS's own UpdateTable, so the table is completed before (S3).
    target = stack.add(
        f"{node.name}.{what}",
        lambda get: ScalingTarget(
            resource=f"table/{get(node).name}",
            dimension=dimension,
            minimum=capacity.min,
            maximum=capacity.max,
            tags=inputs.tags,
        ),
        needs=[node],
        key=node.key,
    )
    stack.add(
        f"{node.name}.{what}.policy",
        lambda get: ScalingPolicy(
            name=inputs.aws_name("table", node.name.partition(".")[2], what),
            resource=get(target).resource,
            dimension=dimension,
            target=capacity.target,
        ),
        needs=[target],
        key=node.key,
    )
