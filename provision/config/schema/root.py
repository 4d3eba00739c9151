"""The top level of the configuration: the values in effect for one environment, frozen."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from provision.config.schema.api import Api
from provision.config.schema.endpoints import Endpoints
from provision.config.schema.functions import Function, Layer
from provision.config.schema.monitoring import Monitoring
from provision.config.schema.tables import Table
from provision.config.schema.types import (
    Account,
    Boundary,
    ConfigSection,
    Key,
    Movable,
    Name,
    PrivateRange,
    Retention,
)

MOST_TAGS = 45
"""The most tags of the user: AWS takes 50, and the others are ours."""

PROTECTED = "prod"
"""The environment that is protected if the file does not set `protect`."""


class FlowLogs(ConfigSection):
    """A log of the traffic in the network."""

    traffic: Literal["ACCEPT", "ALL", "REJECT"] = Field(
        default="ALL", description="Which packets: those let through, those not, or all."
    )
    retention: Retention = Field(default=30, description="Days that logs are kept.")


class Network(ConfigSection):
    """The private network the functions run in."""

    cidr: PrivateRange = Field(
        default="10.20.0.0/24", description="IPv4 range of the VPC: private, /16 to /28."
    )
    zones: int = Field(
        default=2, ge=2, le=6, description="Availability zones, each with a private subnet."
    )
    endpoints: Endpoints = Field(
        default=(),
        description="Further services of AWS that functions in the network reach, besides DynamoDB"
        " and what keeps secrets; only what the `policy` of these functions names passes. `s3` is"
        " free; AWS charges for each of the others by the hour, in every zone.",
        examples=[["s3", "sqs"]],
    )
    flow_logs: FlowLogs | None = Field(
        default=None, description="Log of the network's traffic; null for none."
    )


class Encryption(ConfigSection):
    """Encryption of tables, queues, the topic, log groups and functions' environments."""

    key: Key = Field(
        default="managed",
        description="`managed`: AWS's own keys, and none for the topic; `create`: a key of the "
        "stack's own, rotated every year; `alias/…`: a customer's key that is there, whose policy "
        "lets CloudWatch in.",
    )


class Config(ConfigSection):
    """config.yaml, for one environment."""

    name: Name = Field(
        description="Name of the stack: every resource's name begins with it.", examples=["tap"]
    )
    environment: Name = Field(
        description="Environment: the second part of every resource's name; --env overrides it."
        " Not local: only --local selects the emulator.",
        examples=["dev"],
    )
    region: Annotated[str, Field(min_length=1)] = Field(
        description="AWS region; --region overrides it.", examples=["us-east-1"]
    )
    account: Account | None = Field(
        default=None, description="AWS account, 12 digits in quotes; any other is refused."
    )
    protect: bool | None = Field(
        default=None,
        description="Whether `down`, and an `up` that destroys data, require the stack's name,"
        " typed or as --confirm NAME; null: only in the environment called prod.",
    )
    tags: dict[str, str] = Field(
        default={},
        max_length=MOST_TAGS,
        description="Tags of every resource; at most 45, prefixes aws: and provision: reserved.",
    )
    boundary: Boundary | None = Field(
        default=None,
        description="ARN of the IAM policy that is the permissions boundary of every role of the"
        " stack;"
        " `provision policy boundary` prints one, for one environment: write it below"
        " `environments`.",
        examples=["arn:aws:iam::012345678901:policy/boundary"],
    )
    network: Network = Field(default=Network.model_construct(), description="The private network.")
    encryption: Encryption = Field(default=Encryption.model_construct(), description="The key.")
    tables: dict[Name, Table] = Field(default={}, description="DynamoDB tables, by name.")
    layers: dict[Name, Layer] = Field(default={}, description="Lambda layers, by name.")
    functions: dict[Name, Function] = Field(min_length=1, description="Lambda functions, by name.")
    api: Api = Field(description="The REST API.")
    monitoring: Monitoring = Field(
        default=Monitoring.model_construct(), description="Alarms and their recipient."
    )

    moved: dict[Movable, Movable] = Field(
        default={},
        description="Renamed nodes, old → new: `table.old: table.new`. Their resources stay in AWS"
        " as they are, under the old names, as long as the line is there.",
        examples=[{"table.items": "table.articles"}],
    )

    @property
    def former_keys(self) -> dict[str, str]:
        """Each renamed node → the key it had: `table.new` → `old`."""
        return {new: old.partition(".")[2] for old, new in self.moved.items()}

    @property
    def built_layers(self) -> dict[str, Path]:
        """The folder of each layer that is built here; the others are published already."""
        return {key: layer.source for key, layer in self.layers.items() if layer.source}

    @property
    def private_functions(self) -> dict[str, Function]:
        """The functions in the private network; endpoints are for these."""
        return {key: each for key, each in self.functions.items() if each.private}

    @property
    def protected(self) -> bool:
        """Whether removing the stack or its data requires the stack's name."""
        return self.environment == PROTECTED if self.protect is None else self.protect

    @property
    def prefix(self) -> str:
        """The stack's name, with which every resource's name begins."""
        return f"{self.name}-{self.environment}"
