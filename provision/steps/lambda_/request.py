"""The parameters that CreateFunction and UpdateFunctionConfiguration have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_lambda.literals import RuntimeType
    from mypy_boto3_lambda.type_defs import (
        DeadLetterConfigTypeDef,
        EnvironmentTypeDef,
        LoggingConfigTypeDef,
        TracingConfigTypeDef,
        VpcConfigTypeDef,
    )


class FunctionRequest(TypedDict):
    """A complete configuration: AWS keeps the settings that a request omits (L19)."""

    FunctionName: str
    Runtime: RuntimeType
    Handler: str
    Description: str
    Role: str
    MemorySize: int
    Timeout: int
    Layers: Sequence[str]
    Environment: EnvironmentTypeDef
    KMSKeyArn: str
    TracingConfig: TracingConfigTypeDef
    DeadLetterConfig: DeadLetterConfigTypeDef
    VpcConfig: VpcConfigTypeDef
    LoggingConfig: LoggingConfigTypeDef
