"""Finds what a word explains: an error's code or a word of the glossary; and what is similar."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from provision.workflows.explanations.data_errors import DATA_ERRORS
from provision.workflows.explanations.entries import ErrorEntry
from provision.workflows.explanations.run_errors import RUN_ERRORS
from provision.workflows.explanations.setup_errors import SETUP_ERRORS
from provision.workflows.explanations.words import WORDS

ERRORS: Final[Mapping[str, ErrorEntry]] = dict(
    sorted({**SETUP_ERRORS, **RUN_ERRORS, **DATA_ERRORS}.items())
)
"""The explanation of every error, by its code."""
KIND_NAMES: Final = (
    "acm.certificate",
    "apigateway.account",
    "apigateway.base_path",
    "apigateway.deployment",
    "apigateway.domain",
    "apigateway.key",
    "apigateway.rest_api",
    "apigateway.stage",
    "apigateway.usage_plan",
    "autoscaling.policy",
    "autoscaling.target",
    "cloudwatch.alarm",
    "cloudwatch.dashboard",
    "dynamodb.table",
    "ec2.flow_log",
    "ec2.gateway_endpoint",
    "ec2.interface_endpoint",
    "ec2.network_interfaces",
    "ec2.route_table",
    "ec2.security_group",
    "ec2.subnet",
    "ec2.vpc",
    "iam.role",
    "iam.role_policies",
    "kms.key",
    "lambda.alias",
    "lambda.event_invoke",
    "lambda.function",
    "lambda.layer",
    "lambda.permission",
    "lambda.version",
    "logs.group",
    "route53.record",
    "scheduler.group",
    "scheduler.schedule",
    "sns.subscription",
    "sns.topic",
    "sqs.queue",
    "wafv2.web_acl",
    "wafv2.web_acl_association",
)
"""The kinds of resources. The steps themselves import the AWS SDK, for which Tab cannot wait."""
ERRORS_PAGE: Final = "docs/errors.md"


def key_of(typed: str) -> str:
    """Return the words as entries are called: in small letters, without the brackets of a code."""
    return " ".join(typed.strip("[]` ").lower().replace("_", " ").split())


def errors_page_of(code: str) -> str:
    return f"{ERRORS_PAGE}#{code}"


__all__ = ["ERRORS", "ERRORS_PAGE", "KIND_NAMES", "WORDS", "errors_page_of", "key_of"]
