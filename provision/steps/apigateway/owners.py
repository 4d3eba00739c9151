"""The owner tags of an API, a stage and a domain name: their parts carry no mark of their own, and
the state that leads to those may have been written by anybody.
"""

from __future__ import annotations

from provision.aws.client import Aws
from provision.model.step import OWNER
from provision.steps.apigateway.tags import tags_of
from provision.steps.not_found import ignore_not_found


def owner_of_api(aws: Aws, api_id: str) -> str | None:
    """The owner tag of the API; empty without one, None if it is not there."""
    with ignore_not_found():
        return tags_of({**aws.apigateway.get_rest_api(restApiId=api_id)}).get(OWNER, "")
    return None


def owner_of_stage(aws: Aws, arn: str) -> str | None:
    """The owner tag of the stage; empty without one, None if it is not there.

    `arn` as WAF writes it: `arn:aws:apigateway:us-east-1::/restapis/{id}/stages/{name}`.
    """
    _, _, api_id, _, name = arn.rpartition(":")[2].split("/")
    with ignore_not_found():
        found = aws.apigateway.get_stage(restApiId=api_id, stageName=name)
        return tags_of({**found}).get(OWNER, "")
    return None


def owner_of_domain(aws: Aws, name: str) -> str | None:
    """The owner tag of the domain name; empty without one, None if it is not there."""
    with ignore_not_found():
        return tags_of({**aws.apigateway.get_domain_name(domainName=name)}).get(OWNER, "")
    return None
