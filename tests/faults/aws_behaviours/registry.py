"""All laws by service, under which the complete stack is tested."""

from __future__ import annotations

from tests.faults.aws_behaviours.frame import Law
from tests.faults.aws_behaviours.rules import (
    acm,
    answers,
    apigateway,
    apis,
    cloudwatch,
    domains,
    dynamodb,
    iam,
    kms,
    lambda_,
    logs,
    network,
    pages,
    route53,
    scaling,
    scheduler,
    sns,
    sqs,
)

LAWS: tuple[type[Law], ...] = (
    *acm.LAWS,
    *answers.LAWS,
    *apigateway.LAWS,
    *apis.LAWS,
    *cloudwatch.LAWS,
    *domains.LAWS,
    *dynamodb.LAWS,
    *iam.LAWS,
    *kms.LAWS,
    *lambda_.LAWS,
    *logs.LAWS,
    *network.LAWS,
    *route53.LAWS,
    *scaling.LAWS,
    *scheduler.LAWS,
    *sns.LAWS,
    *sqs.LAWS,
    *pages.LAWS,  # the last: it splits the answers that the others have changed
)


def every_law() -> list[Law]:
    """Return one of each, without memory, for a new account."""
    return [law() for law in LAWS]
