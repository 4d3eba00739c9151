"""Translates AWS's description of a function or version into the fields of `Function`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from provision.errors import NotPermitted
from provision.sanitizing.masking import masked, recorded

if TYPE_CHECKING:
    from mypy_boto3_lambda.literals import LogFormatType
    from mypy_boto3_lambda.type_defs import FunctionConfigurationTypeDef, LoggingConfigTypeDef

WORDS: Final = "description"
"""The field that PublishVersion sets for each version separately."""
STORAGE: Final = 512
"""AWS's default for the storage under /tmp, in megabytes."""
LEVEL: Final = "INFO"
"""AWS's default for the lowest level that is logged as JSON. Text logs have no level."""


def observed_digest(shown: FunctionConfigurationTypeDef) -> str:
    """Return `Function.configuration()` for AWS's description of a function or version."""
    return configuration_digest(
        {name: value for name, value in parse_configuration(shown).items() if name != WORDS}
    )


def parse_configuration(shown: FunctionConfigurationTypeDef) -> dict[str, Any]:
    """Return the fields that a version freezes, with AWS's default for each omitted one (L21).

    Raise `NotPermitted` if AWS hides the environment.
    """
    name = shown["FunctionName"]
    logging, network = shown.get("LoggingConfig", {}), shown.get("VpcConfig", {})
    _refuse_hidden(shown)
    return {
        "runtime": shown.get("Runtime", ""),
        "handler": shown.get("Handler", ""),
        "description": shown.get("Description", ""),
        "role": shown["Role"],
        "memory": shown.get("MemorySize", 128),
        "timeout": shown.get("Timeout", 3),
        "layers": tuple(layer["Arn"] for layer in shown.get("Layers", [])),
        "environment": masked(shown.get("Environment", {}).get("Variables", {}), name),
        "key": shown.get("KMSKeyArn") or "",
        "tracing": shown.get("TracingConfig", {}).get("Mode", "PassThrough"),
        "dead_letters": shown.get("DeadLetterConfig", {}).get("TargetArn") or None,
        "subnet_ids": tuple(sorted(network.get("SubnetIds", []))),
        "group_ids": tuple(sorted(network.get("SecurityGroupIds", []))),
        "log_group": logging.get("LogGroup", f"/aws/lambda/{name}"),
        "log_format": logging.get("LogFormat", "Text"),
        "architecture": shown.get("Architectures", ["x86_64"])[0],
        "strays": tuple(_strays(shown)),
    }


def _refuse_hidden(shown: FunctionConfigurationTypeDef) -> None:
    """Raise `NotPermitted` if the variables are hidden, which must not be read as "none set"."""
    if hidden := shown.get("Environment", {}).get("Error"):
        raise NotPermitted(
            f"the environment of {shown['FunctionName']} is not shown"
            f" ({hidden.get('ErrorCode', 'no reason given')})",
            hint=f"allow kms:Decrypt on {shown.get('KMSKeyArn', 'its key')};"
            " `provision policy deployer` prints all that is needed",
        )


def _strays(shown: FunctionConfigurationTypeDef) -> Iterator[str]:
    """Yield the undeclared settings that a version keeps, in words."""
    storage = shown.get("EphemeralStorage", {}).get("Size", STORAGE)
    if storage != STORAGE:
        yield f"{storage} MB of storage"
    yield from (f"file system {one['Arn']}" for one in shown.get("FileSystemConfigs", []))
    logging = shown.get("LoggingConfig", {})
    if (level := logging.get("ApplicationLogLevel", LEVEL)) != LEVEL:
        yield f"application log level {level}"
    if (level := logging.get("SystemLogLevel", LEVEL)) != LEVEL:
        yield f"system log level {level}"
    if shown.get("SnapStart", {}).get("ApplyOn", "None") != "None":
        yield "snap start"


def whole_logging(log_format: str, group: str) -> LoggingConfigTypeDef:
    """Return the complete block: AWS resets what a request leaves out of it (L32)."""
    wanted: LoggingConfigTypeDef = {
        "LogFormat": cast("LogFormatType", log_format),
        "LogGroup": group,
    }
    if log_format == "JSON":
        wanted["ApplicationLogLevel"] = LEVEL
        wanted["SystemLogLevel"] = LEVEL
    return wanted


def configuration_digest(values: Mapping[str, Any]) -> str:
    text = json.dumps(values, sort_keys=True, default=recorded)
    return hashlib.sha256(text.encode()).hexdigest()
