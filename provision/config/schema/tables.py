"""The `tables` section: DynamoDB tables, their capacity, and expiry of items."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from provision.config.schema.keys import Attribute, Key
from provision.config.schema.types import ConfigSection


class Capacity(ConfigSection):
    """Provisioned throughput, adjusted by auto scaling."""

    min: int = Field(
        default=5,
        ge=5,
        le=40_000,
        description="Provisioned capacity units, at least.",
    )
    max: int = Field(
        default=100,
        ge=5,
        le=40_000,
        description="Provisioned capacity units, at most, set by auto scaling; not below `min`.",
    )
    target: int = Field(
        default=70,
        ge=20,
        le=90,
        description="Target utilization of auto scaling, in percent of the provisioned capacity.",
    )


class Expire(ConfigSection):
    """Time after which DynamoDB deletes an item."""

    attribute: Attribute = Field(
        description="Attribute that holds the time of expiry, in seconds since 1970.",
        examples=["expires_at"],
    )
    days: int = Field(
        default=30, ge=1, le=3650, description="Days from writing an item to its expiry."
    )


class Table(ConfigSection):
    """One table. Encryption and point-in-time recovery are always on."""

    key: Key = Field(
        description="Partition key: the name of a text attribute, or one name with its type, as in "
        "`{id: N}`: S is text, N a number (in Python an int or a Decimal), B binary.",
        examples=["id"],
    )
    sort_key: Key | None = Field(
        default=None,
        description="Sort key, written like `key`; numbers are sorted by value. null for none.",
    )
    capacity: Literal["provisioned", "on-demand"] = Field(
        default="provisioned",
        description="Capacity mode: provisioned capacity within `read` and `write`, or on-demand,"
        " where AWS bills each request and `read` and `write` mean nothing.",
    )
    read: Capacity = Field(default=Capacity.model_construct(), description="Read capacity.")
    write: Capacity = Field(default=Capacity.model_construct(), description="Write capacity.")
    expire: Expire | None = Field(
        default=None, description="Expiry of items; null keeps them for ever."
    )
    protect: bool = Field(
        default=True, description="Deletion protection: AWS refuses to delete the table."
    )
