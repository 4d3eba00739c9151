"""The `on` section of a function: its triggers, in addition to routes."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from provision.config.schema.schedules import expression, timezone
from provision.config.schema.types import NAME, ConfigSection

Expression = Annotated[str, AfterValidator(expression)]
TimeZone = Annotated[str, Field(min_length=1, max_length=50), AfterValidator(timezone)]
TriggerName = Annotated[str, Field(pattern=NAME, max_length=40)]


class Trigger(ConfigSection):
    """A schedule that starts the function, by its alias `live`."""

    schedule: Expression = Field(
        description="When: `cron(minutes hours day-of-month month day-of-week year)` with `?` for"
        " one of the days, `rate(5 minutes)`, or `at(2030-01-31T03:00:00)` for once.",
        examples=["cron(0 3 * * ? *)"],
    )
    timezone: TimeZone = Field(
        default="UTC",
        description="Time zone of `cron` and `at`, by its name in the IANA database; what summer"
        " time skips does not run, what it repeats runs once.",
        examples=["Europe/Berlin"],
    )
    payload: dict[str, Any] = Field(
        default={},
        description="The event, as JSON. `<aws.scheduler.scheduled-time>` and"
        " `<aws.scheduler.execution-id>` in its texts are filled in by AWS.",
    )
