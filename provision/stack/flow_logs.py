"""The network's flow log, when configured: its log group, and the role that writes to it."""

from __future__ import annotations

from provision.model.stack import Node, Stack
from provision.stack import grants
from provision.stack.encryption import Encryption
from provision.stack.inputs import StackInputs
from provision.steps.ec2.flow_log import FlowLog
from provision.steps.ec2.vpc import Vpc
from provision.steps.iam.role import Role
from provision.steps.iam.role_policies import RolePolicies
from provision.steps.logs.log_group import LogGroup


def add_flow_logs(stack: Stack, site: StackInputs, vpc: Node[Vpc], encryption: Encryption) -> None:
    wanted = site.config.network.flow_logs
    if wanted is None:
        return
    name = site.name("flow-logs")
    group = f"/aws/vpc/{site.config.prefix}"
    policies = {"logs": grants.flow_logging(site.location.arn("logs", f"log-group:{group}"))}
    logs = stack.add(
        "network.flow_logs.logs",
        lambda *keys: LogGroup(
            name=group, retention=wanted.retention, key=encryption.arn(keys), tags=site.tags
        ),
        *encryption.needs,
    )
    role = stack.add(
        "network.flow_logs.role",
        lambda: Role(
            name=site.global_name("flow-logs"),
            service="vpc-flow-logs.amazonaws.com",
            description=f"Writes the flow log of {site.config.prefix}",
            boundary=site.config.boundary,
            tags=site.tags,
        ),
    )
    granted = stack.add(
        "network.flow_logs.grants",
        lambda role: RolePolicies(role=role.name, policies=policies, boundary=site.config.boundary),
        role,
    )
    stack.add(
        "network.flow_logs",
        lambda vpc, logs, role, _: FlowLog(
            vpc_id=vpc.id,
            traffic=wanted.traffic,
            log_group=logs.name,
            role=role.arn,
            tags=site.tags_with_name(name),
        ),
        vpc,
        logs,
        role,
        granted,
    )
