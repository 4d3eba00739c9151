"""The step classes: one file per kind of AWS resource, one folder per AWS service.

A step class declares the fields of its resource and the API calls and IAM permissions that it
needs, and knows how to observe, create, update and delete one. `KINDS` maps the name of each kind
(`lambda.function`) to its class.

Several kinds share `tagging` (tags in each service's shape), `iam_policy` (policies in canonical
form), `not_found` ("not found" as an answer), `made_with` (settings that only a replacement
changes) and `foreign` (foreign resources that block a deletion).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from provision.model.step import Step
from provision.steps.acm.certificate import Certificate
from provision.steps.apigateway.account import ApiAccount
from provision.steps.apigateway.api_key import ApiKey
from provision.steps.apigateway.base_path_mapping import BasePathMapping
from provision.steps.apigateway.deployment import Deployment
from provision.steps.apigateway.domain_name import DomainName
from provision.steps.apigateway.rest_api.api import RestApi
from provision.steps.apigateway.stage import Stage
from provision.steps.apigateway.usage_plan import UsagePlan
from provision.steps.autoscaling.policy import ScalingPolicy
from provision.steps.autoscaling.target import ScalingTarget
from provision.steps.cloudwatch.alarm import Alarm
from provision.steps.cloudwatch.dashboard import Dashboard
from provision.steps.dynamodb.table import Table
from provision.steps.ec2.flow_log import FlowLog
from provision.steps.ec2.gateway_endpoint import GatewayEndpoint
from provision.steps.ec2.interface_endpoint import InterfaceEndpoint
from provision.steps.ec2.network_interfaces import NetworkInterfaces
from provision.steps.ec2.route_table import RouteTable
from provision.steps.ec2.security_group import SecurityGroup
from provision.steps.ec2.subnet import Subnet
from provision.steps.ec2.vpc import Vpc
from provision.steps.iam.role import Role
from provision.steps.iam.role_policies import RolePolicies
from provision.steps.kms.key import KmsKey
from provision.steps.lambda_.alias import Alias
from provision.steps.lambda_.event_invoke import EventInvoke
from provision.steps.lambda_.function import Function
from provision.steps.lambda_.layer import Layer
from provision.steps.lambda_.permission import Permission
from provision.steps.lambda_.version import Version
from provision.steps.logs.log_group import LogGroup
from provision.steps.route53.record import RecordSet
from provision.steps.scheduler.group import ScheduleGroup
from provision.steps.scheduler.schedule import Schedule
from provision.steps.sns.subscription import Subscription
from provision.steps.sns.topic import Topic
from provision.steps.sqs.queue import Queue
from provision.steps.wafv2.association import WebAclAssociation
from provision.steps.wafv2.web_acl import WebAcl

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
        RecordSet,
        RestApi,
        Role,
        RolePolicies,
        RouteTable,
        ScalingPolicy,
        ScalingTarget,
        Schedule,
        ScheduleGroup,
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
