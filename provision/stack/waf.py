"""Adds a web ACL of AWS WAF in front of the API's stage, if configured."""

from __future__ import annotations

from provision.model.stack import Node, Stack
from provision.stack.inputs import StackInputs
from provision.steps.apigateway.stage import Stage
from provision.steps.wafv2.association import WebAclAssociation
from provision.steps.wafv2.web_acl import WebAcl
from provision.unknown import format_known

SECRET_HEADERS = ("authorization", "x-api-key")


def add_waf(stack: Stack, inputs: StackInputs, stage: Node[Stage]) -> None:
    wanted = inputs.config.api.waf
    if wanted is None:
        return
    acl = stack.add(
        "api.waf",
        lambda _: WebAcl(
            name=inputs.config.prefix,
            groups=wanted.groups,
            rate=wanted.rate or 0,
            action=wanted.action,
            hidden=SECRET_HEADERS,
            tags=inputs.tags,
        ),
    )
    stack.add(
        "api.waf.stage",
        lambda get: WebAclAssociation(
            stage=format_known(
                inputs.location.arn("apigateway", "/restapis/{}/stages/{}", account=False),
                get(stage).api_id,
                get(stage).name,
            ),
            acl=get(acl).arn,
        ),
        needs=[stage, acl],
    )
