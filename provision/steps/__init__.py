"""One file a kind of AWS resource; `KINDS` names them all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from provision.step import Step
from provision.steps.alarm import Alarm
from provision.steps.alias import Alias
from provision.steps.api_account import ApiAccount
from provision.steps.api_key import ApiKey
from provision.steps.base_path import BasePathMapping
from provision.steps.certificate import Certificate
from provision.steps.dashboard import Dashboard
from provision.steps.deployment import Deployment
from provision.steps.domain_name import DomainName
from provision.steps.event_invoke import EventInvoke
from provision.steps.flow_log import FlowLog
from provision.steps.function import Function
from provision.steps.gateway_endpoint import GatewayEndpoint
from provision.steps.interface_endpoint import InterfaceEndpoint
from provision.steps.kms_key import KmsKey
from provision.steps.layer import Layer
from provision.steps.log_group import LogGroup
from provision.steps.network_interfaces import NetworkInterfaces
from provision.steps.permission import Permission
from provision.steps.queue import Queue
from provision.steps.record import Record
from provision.steps.rest_api import RestApi
from provision.steps.role import Role
from provision.steps.role_policies import RolePolicies
from provision.steps.route_table import RouteTable
from provision.steps.scaling_policy import ScalingPolicy
from provision.steps.scaling_target import ScalingTarget
from provision.steps.security_group import SecurityGroup
from provision.steps.stage import Stage
from provision.steps.subnet import Subnet
from provision.steps.subscription import Subscription
from provision.steps.table import Table
from provision.steps.topic import Topic
from provision.steps.usage_plan import UsagePlan
from provision.steps.version import Version
from provision.steps.vpc import Vpc
from provision.steps.web_acl import WebAcl
from provision.steps.web_acl_association import WebAclAssociation

KINDS: Final[Mapping[str, type[Step]]] = {
    kind.KIND: kind
    for kind in (
        Alarm,
        Alias,
        ApiAccount,
        ApiKey,
        BasePathMapping,
        Certificate,
        Dashboard,
        Deployment,
        DomainName,
        EventInvoke,
        FlowLog,
        Function,
        GatewayEndpoint,
        InterfaceEndpoint,
        KmsKey,
        Layer,
        LogGroup,
        NetworkInterfaces,
        Permission,
        Queue,
        Record,
        RestApi,
        Role,
        RolePolicies,
        RouteTable,
        ScalingPolicy,
        ScalingTarget,
        SecurityGroup,
        Stage,
        Subnet,
        Subscription,
        Table,
        Topic,
        UsagePlan,
        Version,
        Vpc,
        WebAcl,
        WebAclAssociation,
    )
}
