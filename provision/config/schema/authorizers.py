"""The `authorizers` of the API: who may call a route, in addition to its key."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, GetJsonSchemaHandler, Strict, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from provision.config.schema.types import HEADER, POOL, SCOPE, ConfigSection, Name, each_once

IAM = "iam"
"""The word for callers with AWS credentials."""
Pools = Annotated[
    tuple[Annotated[str, Field(pattern=POOL)], ...],
    Strict(strict=False),
    AfterValidator(each_once),
    Field(min_length=1),
]
Scopes = Annotated[
    tuple[Annotated[str, Field(pattern=SCOPE, max_length=256)], ...],
    Strict(strict=False),
    AfterValidator(each_once),
]


class Authorizer(ConfigSection):
    """Who may call: users of Cognito, callers that a function lets in, or AWS principals (`iam`).

    Exactly one of `cognito`, `function` and `iam` is given; the word `iam` alone is enough.
    """

    cognito: Pools | None = Field(
        default=None,
        description="ARNs of Cognito user pools whose users may call with a token.",
        examples=[["arn:aws:cognito-idp:us-east-1:012345678901:userpool/us-east-1_a1B2c3D4e"]],
    )
    function: Name | None = Field(
        default=None,
        description="Name of the function that answers with a policy for each caller.",
        examples=["auth"],
    )
    iam: bool = Field(
        default=False,
        description="Whether callers sign their requests with AWS credentials. Their own policies"
        " must allow `execute-api:Invoke`.",
    )
    header: Annotated[str, Field(pattern=HEADER)] = Field(
        default="Authorization",
        description="Header that has the caller's token. Without it the answer is 401, except with"
        " `cache: 0`, where the function is asked.",
    )
    cache: int = Field(
        default=300,
        ge=0,
        le=3600,
        description="Seconds that the function's answer to a token is kept, for all routes; 0 asks"
        " each time.",
    )

    @model_validator(mode="before")
    @classmethod
    def _from_word(cls, value: object) -> object:
        return {IAM: True} if value == IAM else value

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        whole = handler.resolve_ref_schema(handler(core))
        word = {
            "type": "string",
            "enum": [IAM],
            "description": whole["properties"][IAM]["description"],
        }
        return {"anyOf": [word, whole], "description": whole["description"]}
