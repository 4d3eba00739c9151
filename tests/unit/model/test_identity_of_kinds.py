"""For each kind: whether AWS refuses a second resource of the same identity."""

from __future__ import annotations

from typing import Final

from provision.steps import KINDS

UNIQUE: Final = {
    "acm.certificate": False,
    "apigateway.account": True,
    "apigateway.base_path": True,
    "apigateway.deployment": False,
    "apigateway.domain": True,
    "apigateway.key": False,
    "apigateway.rest_api": False,
    "apigateway.stage": True,
    "apigateway.usage_plan": False,
    "autoscaling.policy": True,
    "autoscaling.target": True,
    "cloudwatch.alarm": True,
    "cloudwatch.dashboard": True,
    "dynamodb.table": True,
    "ec2.flow_log": False,
    "ec2.gateway_endpoint": False,
    "ec2.interface_endpoint": False,
    "ec2.network_interfaces": True,
    "ec2.route_table": False,
    "ec2.security_group": True,
    "ec2.subnet": False,
    "ec2.vpc": False,
    "iam.role": True,
    "iam.role_policies": True,
    "kms.key": True,
    "lambda.alias": True,
    "lambda.event_invoke": True,
    "lambda.function": True,
    "lambda.layer": False,
    "lambda.permission": True,
    "lambda.version": True,
    "logs.group": True,
    "route53.record": True,
    "scheduler.group": True,
    "scheduler.schedule": True,
    "sns.subscription": True,
    "sns.topic": True,
    "sqs.queue": True,
    "wafv2.web_acl": True,
    "wafv2.web_acl_association": True,
}


def test_every_kind_says_it() -> None:
    """The property reads only class variables, so that no field is needed to ask for it."""
    steps = {name: kind.__new__(kind) for name, kind in KINDS.items()}
    assert {name: step.has_unique_identity for name, step in steps.items()} == UNIQUE
