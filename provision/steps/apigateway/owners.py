"""Owner tags of an API, a stage and a domain name, read from AWS.

Their parts carry no owner tag of their own, and anyone may have written the state that leads to
these parts.
"""

from __future__ import annotations

from provision.aws.client import Aws
from provision.model.step import OWNER
from provision.steps.apigateway.tags import tags_of
from provision.steps.not_found import ignore_not_found


def owner_of_api(aws: Aws, api_id: str) -> str | None:
    """Return the owner tag of the API: "" without one, None if the API does not exist."""
    with ignore_not_found():
        return tags_of({**aws.apigateway.get_rest_api(restApiId=api_id)}).get(OWNER, "")
    return None


def owner_of_stage(aws: Aws, arn: str) -> str | None:
    """Return the owner tag of the stage: "" without one, None if the stage does not exist.

    `arn` has WAF's form: `arn:aws:apigateway:us-east-1::/restapis/{id}/stages/{name}`.
    """
    _, _, api_id, _, name = arn.rpartition(":")[2].split("/")
    with ignore_not_found():
        found = aws.apigateway.get_stage(restApiId=api_id, stageName=name)
        return tags_of({**found}).get(OWNER, "")
    return None


def owner_of_domain(aws: Aws, name: str) -> str | None:
    """Return the owner tag of the domain name: "" without one, None if it does not exist."""
    with ignore_not_found():
        return tags_of({**aws.apigateway.get_domain_name(domainName=name)}).get(OWNER, "")
    return None
