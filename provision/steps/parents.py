"""Whose something is that carries no mark of its own: AWS is asked for the owner tag of what it is
part of, because the state may have been written by anybody.

Each returns the value of the tag: empty where there is none, None where there is no such parent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from provision.aws import Aws
from provision.step import OWNER
from provision.steps.absent import absent_is_fine
from provision.steps.certificate_reading import certificates_of, owner_of_certificate
from provision.steps.gateway_tags import from_gateway
from provision.steps.lambda_states import describe


def owner_of_function(aws: Aws, name: str) -> str | None:
    found = describe(aws, name)
    return found.get("Tags", {}).get(OWNER, "") if found else None


def owner_of_role(aws: Aws, name: str) -> str | None:
    with absent_is_fine():
        return _listed(aws.iam.get_role(RoleName=name)["Role"].get("Tags", ()))
    return None


def owner_of_topic(aws: Aws, arn: str) -> str | None:
    with absent_is_fine():
        return _listed(aws.sns.list_tags_for_resource(ResourceArn=arn).get("Tags", []))
    return None


def owner_of_group(aws: Aws, group_id: str) -> str | None:
    with absent_is_fine():
        groups = aws.ec2.describe_security_groups(GroupIds=[group_id]).get("SecurityGroups", [])
        return _listed(groups[0].get("Tags", ()))
    return None


def owner_of_api(aws: Aws, api_id: str) -> str | None:
    with absent_is_fine():
        return from_gateway({**aws.apigateway.get_rest_api(restApiId=api_id)}).get(OWNER, "")
    return None


def owner_of_stage(aws: Aws, arn: str) -> str | None:
    """`arn` as WAF writes it: `arn:aws:apigateway:us-east-1::/restapis/{id}/stages/{name}`."""
    _, _, api_id, _, name = arn.rpartition(":")[2].split("/")
    with absent_is_fine():
        found = aws.apigateway.get_stage(restApiId=api_id, stageName=name)
        return from_gateway({**found}).get(OWNER, "")
    return None


def owner_of_domain(aws: Aws, name: str) -> str | None:
    with absent_is_fine():
        return from_gateway({**aws.apigateway.get_domain_name(domainName=name)}).get(OWNER, "")
    return None


def owner_of_proof(aws: Aws, record: str) -> str | None:
    """Of a certificate that `_{hash}.{domain}` validates."""
    domain = record.rstrip(".").partition(".")[2]
    owners = (owner_of_certificate(aws, arn, record) for arn in certificates_of(aws, domain))
    return next(filter(None, owners), None)


def _listed(tags: Iterable[Mapping[str, Any]]) -> str:
    return next((str(tag["Value"]) for tag in tags if tag["Key"] == OWNER), "")
