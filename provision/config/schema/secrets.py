"""Secret values of environment variables: where each is kept, and never the value itself."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from provision.config.schema.types import REFERENCE, ConfigSection, CustomersKey, InvalidValue

SecretStore = Literal["ssm", "secretsmanager"]
"""The services that keep secrets, named like their endpoints in AWS."""

_PARAMETER: Final = re.compile(r"[A-Za-z0-9_./-]+")
_LEVELS: Final = 15
_LONGEST: Final = {"ssm": 900, "secretsmanager": 512}
"""The longest names. AWS takes 1011 characters of a parameter, the start of its ARN included."""


def _kept(reference: str) -> str:
    """Refuse a name that the service that keeps the secret would not accept.

    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
    """
    store, _, name = reference.partition(":")
    if len(name) > _LONGEST[store]:
        raise InvalidValue(
            f"{len(name)} characters, {len(name) - _LONGEST[store]} more than a name may have",
            "give it a shorter name",
        )
    if store == "ssm":
        _check_parameter(name)
    return reference


def _check_parameter(name: str) -> None:
    bare = name.lstrip("/")
    if not _PARAMETER.fullmatch(name):
        raise InvalidValue(f'"{name}" is no parameter\'s name', "use letters, digits and _ . - /")
    if bare.lower().startswith(("aws", "ssm")):
        raise InvalidValue(
            f'"{name}" is AWS\'s own: no parameter of yours begins with aws or ssm',
            "name one of yours, or a secret: secretsmanager:name",
        )
    if "//" in name or not bare or name.endswith("/"):
        raise InvalidValue(f'"{name}" has a part without a name', "write it like ssm:/tap/stripe")
    if "/" in bare and not name.startswith("/"):
        raise InvalidValue(f'"{name}" has parts, and does not begin with /', f'write "ssm:/{name}"')
    if bare.count("/") >= _LEVELS:
        raise InvalidValue(
            f"{bare.count('/') + 1} parts; a parameter has at most {_LEVELS}", "use fewer"
        )


class Secret(ConfigSection):
    """A value that the function fetches when it runs: the variable only names its place.

    Only this function may read it there. The private network gets an endpoint for Parameter Store
    or Secrets Manager, which AWS charges by the hour and zone.
    """

    secret: Annotated[str, Field(pattern=REFERENCE), AfterValidator(_kept)] = Field(
        description="`ssm:/path/of/parameter` (Parameter Store) or `secretsmanager:name`, in the "
        "stack's account and region.",
        examples=["ssm:/tap/stripe"],
    )
    key: CustomersKey | None = Field(
        default=None,
        description="Alias of the customer's KMS key it is encrypted with; null for AWS's own.",
        examples=["alias/our-key"],
    )

    @property
    def store(self) -> SecretStore:
        return "ssm" if self.secret.startswith("ssm:") else "secretsmanager"

    @property
    def name(self) -> str:
        return self.secret.partition(":")[2]


class _TextOrSecret:
    """An annotation that validates anything but text as a secret only, not as both types."""

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(
            lambda value, secret: value if isinstance(value, str) else secret(value),
            handler.generate_schema(Secret),
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda value: value if isinstance(value, str) else value.model_dump()
            ),
        )

    def __get_pydantic_json_schema__(
        self, core: Any, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"anyOf": [{"type": "string"}, handler(core["schema"])]}


Value = Annotated[str | Secret, _TextOrSecret()]
"""The value of an environment variable: text, or a reference to a secret."""
