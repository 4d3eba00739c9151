"""The `functions` and `layers` sections: the Lambda code, how it runs, and its access."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from provision.config.schema.monitoring import FunctionAlarms
from provision.config.schema.policies import Policy, PolicyStatement
from provision.config.schema.secrets import Secret, Value
from provision.config.schema.triggers import Trigger, TriggerName
from provision.config.schema.types import (
    HANDLER,
    LAYER,
    ConfigSection,
    Name,
    Names,
    Patterns,
    Retention,
    Source,
    Variable,
)
from provision.packaging.exclusion import DEFAULT

DEFAULT_WORDS = ", ".join(f"`{pattern}`" for pattern in DEFAULT)
Runtime = Literal["python3.11", "python3.12", "python3.13", "python3.14"]
Grant = Literal["read", "write"]


class Layer(ConfigSection):
    """Code that functions share: a folder to build it from, or a layer that others published.

    Either `source` or `arn` is given.
    """

    source: Source | None = Field(
        default=None,
        description="Folder, relative to this file, with a requirements.txt of pinned wheels and"
        " their hashes, with modules of your own below python/, or with both. They are built for"
        " Lambda's Python and processor.",
        examples=["layer"],
    )
    arn: Annotated[str, Field(pattern=LAYER)] | None = Field(
        default=None,
        description="ARN of a layer version that is published already, in the stack's region."
        " The stack neither creates nor deletes it.",
        examples=["arn:aws:lambda:us-east-1:012345678901:layer:shared:3"],
    )


class Retries(ConfigSection):
    """How often and how long an asynchronous event is tried before its dead-letter queue."""

    attempts: int = Field(default=2, ge=0, le=2, description="Further attempts after the first.")
    max_age: int = Field(
        default=3600,
        ge=60,
        le=21_600,
        description="Seconds an event may wait; older ones go to the dead-letter queue.",
    )


class FunctionLog(ConfigSection):
    """The function's log group."""

    retention: Retention = Field(default=30, description="Days that logs are kept.")


class Function(ConfigSection):
    """One Lambda function, with its own role, log group and dead-letter queue."""

    source: Source = Field(
        description="Folder with the code, relative to this file.", examples=["function"]
    )
    exclude: Patterns = Field(
        default=(),
        max_length=100,
        description="Files of the folder that are not packed, as patterns like those of .gitignore:"
        " `notes.md` and `drafts/` at any depth, `/data/*.csv` from the folder itself, `**` over"
        " folders; `!` in front packs what the default list leaves out. Never packed are hidden"
        " names, `__pycache__`, compiled modules, editors' files, `node_modules` and virtual"
        f" environments. By default neither are {DEFAULT_WORDS}, except for modules that a packed"
        " module imports. `provision plan -v` lists what is packed.",
        examples=[["/drafts/"]],
    )
    handler: Annotated[str, Field(pattern=HANDLER, max_length=128)] = Field(
        description="`module.function` that Lambda calls.", examples=["app.handler"]
    )
    runtime: Runtime = Field(default="python3.13", description="Lambda's Python.")
    architecture: Literal["arm64", "x86_64"] = Field(
        default="arm64", description="Processor; arm64 costs a fifth less."
    )
    memory: int = Field(
        default=512,
        ge=128,
        le=10_240,
        description="Memory in MB; the share of processor grows with it.",
    )
    timeout: int = Field(
        default=10,
        ge=1,
        le=900,
        description="Seconds a call may take; at most 29 when a route leads to the function.",
    )
    concurrency: int | None = Field(
        default=None,
        ge=0,
        description="Calls that run at once, at most; further ones are throttled. They are reserved"
        " for it: other functions of the account lose as many, and 100 must remain for those"
        " without. 0 stops the function; null for no limit of its own.",
    )
    layers: Names = Field(default=(), max_length=5, description="Names of layers, at most 5.")
    tables: dict[Name, Grant] = Field(
        default={},
        description="Table → read (GetItem, BatchGetItem, Query, Scan, DescribeTable) or write"
        " (PutItem, UpdateItem, DeleteItem, BatchWriteItem, ConditionCheckItem as well): the grant,"
        " and TABLE_{TABLE} in the environment. Transactions need the grants of what they do.",
    )
    policy: Policy = Field(
        default=(),
        description="Further statements that allow the function's code something, as one more"
        " inline policy of its role. In the private network only DynamoDB is reached, and what"
        " `network.endpoints` names.",
    )
    network: Literal["private", "open"] = Field(
        default="private",
        description="`private`: in the private network, from which only endpoints lead out; `open`:"
        " outside of it, so that its code reaches the internet and AWS's public endpoints. The"
        " function's tables and secrets then accept its role from anywhere.",
    )
    environment: dict[Variable, Value] = Field(
        default={},
        description="Environment variables of the function: text, or the place of a secret that the"
        " function fetches itself; together at most 4 KB. Text whose name says that it is "
        "secret (`…_KEY`, `…TOKEN`, `…SECRET`, `SECRET_…`, `…PASSWORD…`, `…_PASS`, `…CREDENTIAL…`, "
        "`…_CREDS`, `PRIVATE_KEY…`, `…_PAT`, `…_DSN`, `…SALT`, `WEBHOOK_URL`, also with a number "
        "at the end), or that is an address with a password (`postgres://user:password@…`), is "
        "shown as (masked).",
    )
    import_check: bool = Field(
        default=True,
        description="Before callers reach a new version it is invoked once, with the event "
        '`{"provision": "import check"}`: code that cannot be imported does not go live. The '
        "handler's answer does not matter; a handler that must not run for this event can return "
        "early, as function/app.py does. false: nothing is invoked, and any code goes live.",
    )
    on: dict[TriggerName, Trigger] = Field(
        default={},
        description="Triggers of the function in addition to routes, by names of your choice."
        " Their events are asynchronous: `retries` and the dead-letter queue are for them too.",
        examples=[{"nightly": {"schedule": "cron(0 3 * * ? *)"}}],
    )
    retries: Retries = Field(
        default=Retries.model_construct(), description="Retries of failed asynchronous events."
    )
    log: FunctionLog = Field(
        default=FunctionLog.model_construct(), description="The function's log group."
    )
    alarms: FunctionAlarms = Field(
        default=FunctionAlarms.model_construct(),
        description="Thresholds of this function's alarms, over those in `monitoring.alarms`.",
    )

    @property
    def private(self) -> bool:
        """Whether it runs in the private network."""
        return self.network == "private"

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """The secrets that the function fetches, each once, in order."""
        found = {one for one in self.environment.values() if isinstance(one, Secret)}
        return tuple(sorted(found, key=lambda one: (one.secret, one.key or "")))


__all__ = ["Function", "FunctionLog", "Layer", "PolicyStatement", "Retries", "Secret", "Trigger"]
