"""The `monitoring` section: thresholds of the alarms, and the address they are mailed to."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from provision.config.schema.types import EMAIL, ConfigSection

Threshold = Annotated[int, Field(ge=1)] | None


class Alarms(ConfigSection):
    """Thresholds; null switches an alarm off."""

    function_errors: Threshold = Field(
        default=1, description="Failed calls of a function within a period."
    )
    function_throttles: Threshold = Field(
        default=1, description="Calls of a function that Lambda throttled within a period."
    )
    duration_p95_ms: Threshold = Field(
        default=3000,
        description="Duration of a function's calls in milliseconds, 95th percentile.",
    )
    api_5xx: Threshold = Field(default=1, description="Answers 5xx of the API within a period.")
    api_latency_p95_ms: Threshold = Field(
        default=3000, description="Latency of the API in milliseconds, 95th percentile."
    )
    table_throttles: Threshold = Field(
        default=1, description="Reads or writes of a table that DynamoDB throttled within a period."
    )
    dead_letters: Threshold = Field(
        default=1, description="Messages that wait in a dead-letter queue."
    )
    period: int = Field(
        default=60,
        ge=60,
        le=86_400,
        multiple_of=60,
        description="Seconds that are measured together; whole minutes.",
    )
    evaluation_periods: int = Field(
        default=5,
        ge=1,
        le=1440,
        description="Latest periods that an alarm evaluates; with `period` at most one day.",
    )


class Monitoring(ConfigSection):
    """Alarms and their recipient. The dashboard always exists."""

    email: Annotated[str, Field(pattern=EMAIL, max_length=254)] | None = Field(
        default=None,
        description="Address that alarms are mailed to, once it is confirmed; null for none.",
    )
    alarms: Alarms = Field(
        default=Alarms.model_construct(), description="Thresholds of the alarms."
    )
