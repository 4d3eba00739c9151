"""The `monitoring` section: thresholds of the alarms, also of one function, and who gets them."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from provision.config.schema.types import EMAIL, TOPIC, ConfigSection

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


GENERAL: Final = "general"
"""The word for the threshold in `monitoring.alarms`."""


class _OrGeneral:
    """An annotation that validates any other value as a threshold only, not as both types."""

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(
            lambda value, number: value if value == GENERAL else number(value),
            handler.generate_schema(Threshold),
            serialization=core_schema.plain_serializer_function_ser_schema(lambda value: value),
        )

    def __get_pydantic_json_schema__(
        self, core: Any, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"anyOf": [*handler(core["schema"])["anyOf"], {"enum": [GENERAL]}]}


OwnThreshold = Annotated[int | Literal["general"] | None, _OrGeneral()]


class FunctionAlarms(ConfigSection):
    """Thresholds of one function's alarms, instead of those in `monitoring.alarms`.

    `general` is the value there; null switches an alarm off.
    """

    errors: OwnThreshold = Field(
        default=GENERAL, description="Failed calls within a period; for `function_errors`."
    )
    throttles: OwnThreshold = Field(
        default=GENERAL, description="Throttled calls within a period; for `function_throttles`."
    )
    duration_p95_ms: OwnThreshold = Field(
        default=GENERAL, description="Duration in milliseconds, 95th percentile."
    )
    dead_letters: OwnThreshold = Field(
        default=GENERAL, description="Messages that wait in its dead-letter queue."
    )


class Monitoring(ConfigSection):
    """Alarms and their recipient. The dashboard always exists."""

    email: Annotated[str, Field(pattern=EMAIL, max_length=254)] | None = Field(
        default=None,
        description="Address that alarms are mailed to, once it is confirmed; null for none.",
    )
    topic: Annotated[str, Field(pattern=TOPIC)] | None = Field(
        default=None,
        description="ARN of an SNS topic of yours, in the stack's region and account, that alarms"
        " are sent to: the stack then has no topic and no subscription of its own. The topic's"
        " policy, which must let cloudwatch.amazonaws.com publish, its key and its subscriptions"
        " are yours. null: the stack's own topic.",
        examples=["arn:aws:sns:us-east-1:012345678901:on-call"],
    )
    alarms: Alarms = Field(
        default=Alarms.model_construct(), description="Thresholds of the alarms."
    )
