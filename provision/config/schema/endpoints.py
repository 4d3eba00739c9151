"""The services to which the private network can have an endpoint, and whose actions pass it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal, get_args

from pydantic import AfterValidator, Strict

from provision.config.schema.types import each_once

Endpoint = Literal[
    "athena", "bedrock-runtime", "comprehend", "events", "glue", "kinesis-firehose",
    "kinesis-streams", "kms", "lambda", "logs", "monitoring", "polly", "rds-data", "rekognition",
    "s3", "scheduler", "secretsmanager", "sns", "sqs", "ssm", "states", "sts", "textract",
    "transcribe", "translate",
]  # fmt: skip
"""AWS's names, the last part of `com.amazonaws.REGION.sqs`.

https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html
"""
Endpoints = Annotated[tuple[Endpoint, ...], Strict(strict=False), AfterValidator(each_once)]
GATEWAY: Final = "s3"
"""The one that is a gateway, which costs nothing, as DynamoDB's is, which is always there."""
STORES: Final = ("secretsmanager", "ssm")
"""Those that `environment` gets by itself for secrets."""
_OTHERWISE: Final[Mapping[str, str]] = {
    "bedrock-runtime": "bedrock",
    "kinesis-firehose": "firehose",
    "kinesis-streams": "kinesis",
    "monitoring": "cloudwatch",
}
SERVICES: Final[Mapping[str, str]] = {
    name: _OTHERWISE.get(name, name) for name in get_args(Endpoint)
}
"""Endpoint → the service in the names of the actions that pass it, as in `sqs:SendMessage`."""
