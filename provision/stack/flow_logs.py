"""Adds the network's flow log if configured, with its log group and the role that writes to it."""

from __future__ import annotations

from provision.model.stack import Node, Stack
from provision.stack import grants
from provision.stack.encryption import EncryptionKey
from provision.stack.inputs import StackInputs
from provision.steps.ec2.flow_log import FlowLog
from provision.steps.ec2.vpc import Vpc
from provision.steps.iam.role import Role
from provision.steps.iam.role_policies import RolePolicies
from provision.steps.logs.log_group import LogGroup


def add_flow_logs(
    stack: Stack, inputs: StackInputs, vpc: Node[Vpc], encryption: EncryptionKey
) -> None:
    wanted = inputs.config.network.flow_logs
    if wanted is None:
        return
    name = inputs.name("flow-logs")
    group = f"/aws/vpc/{inputs.config.prefix}"
    policies = {"logs": grants.flow_logging(inputs.location.arn("logs", f"log-group:{group}"))}
    logs = stack.add(
        "network.flow_logs.logs",
        lambda get: LogGroup(
            name=group, retention=wanted.retention, key=encryption.arn(get), tags=inputs.tags
        ),
        needs=encryption.needs,
    )
    role = _add_role(stack, inputs)
    granted = stack.add(
        "network.flow_logs.grants",
        lambda get: RolePolicies(
            role=get(role).name, policies=policies, boundary=inputs.config.boundary
        ),
        needs=[role],
    )
    stack.add(
        "network.flow_logs",
        lambda get: FlowLog(
            vpc_id=get(vpc).id,
            traffic=wanted.traffic,
            log_group=get(logs).name,
            role=get(role).arn,
            tags=inputs.tags_with_name(name),
        ),
        needs=[vpc, logs, role],
        after=[granted],
    )


def _add_role(stack: Stack, inputs: StackInputs) -> Node[Role]:
    return stack.add(
        "network.flow_logs.role",
        lambda _: Role(
            name=inputs.global_name("flow-logs"),
            service="vpc-flow-logs.amazonaws.com",
            description=f"Writes the flow log of {inputs.config.prefix}",
            boundary=inputs.config.boundary,
            tags=inputs.tags,
        ),
    )
