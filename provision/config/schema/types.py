"""Shared by all sections: the frozen, strict base class, field types, and patterns of text."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    Strict,
    ValidationInfo,
)

NAME = r"^[a-z]([a-z0-9-]*[a-z0-9])?$"
ACCOUNT = r"^[0-9]{12}$"
ATTRIBUTE = r"^[A-Za-z0-9_.-]+$"
CERTIFICATE = r"^arn:[a-z0-9-]+:acm:[a-z0-9-]+:[0-9]{12}:certificate/[A-Za-z0-9-]+$"
BOUNDARY = r"^arn:[a-z0-9-]+:iam::([0-9]{12}|aws):policy/[\x21-\x7e]+$"
DOMAIN = r"^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]*[a-z0-9])?$"
ZONE = DOMAIN + r"|^[A-Z0-9]{2,32}$"
EMAIL = r"^[!-?A-~]+@[!-?A-~]+\.[!-?A-~]+$"  # ASCII: letters of other scripts look the same
HANDLER = r"^[\w-]+([./][\w-]+)*\.[^\W\d]\w*$"
HEADER = r"^[A-Za-z0-9!#$%&*+.^_`|~-]+$"  # API Gateway ends a constant value at a single quote
MOVABLE = r"^(table|function|layer)\.[a-z]([a-z0-9-]*[a-z0-9])?$"
ALIAS = r"^alias/[A-Za-z0-9/_-]+$"
KEY = r"^(managed|create|alias/[A-Za-z0-9/_-]+)$"
LAYER = r"^arn:[a-z0-9-]+:lambda:[a-z0-9-]+:[0-9]{12}:layer:[A-Za-z0-9_-]{1,140}:[1-9][0-9]{0,8}$"
MEDIA_TYPE = r"^(\*/\*|[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*/(\*|[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*))$"
MODEL = r"^[A-Za-z0-9]+$"
ORIGIN = r"^(\*|https?://[A-Za-z0-9.-]+(:[0-9]+)?)$"
PARAMETER = r"^[A-Za-z0-9._$-]+$"
POOL = r"^arn:[a-z0-9-]+:cognito-idp:[a-z0-9-]+:[0-9]{12}:userpool/[A-Za-z0-9_-]+$"
REFERENCE = r"^(ssm|secretsmanager):[A-Za-z0-9/_+=.@-]+$"
TOPIC = r"^arn:[a-z0-9-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}$"
SCOPE = r"^[A-Za-z0-9_.:/-]+$"
STAGE = r"^[A-Za-z0-9_-]+$"
VARIABLE = r"^[A-Za-z][A-Za-z0-9_]+$"

PATTERN_DESCRIPTIONS = {
    NAME: "lower-case letters, digits and hyphens, beginning with a letter, not ending in a hyphen",
    ACCOUNT: "the 12 digits of an AWS account",
    ATTRIBUTE: "an attribute's name of letters, digits, _ . and -",
    CERTIFICATE: "the ARN of an ACM certificate",
    BOUNDARY: "the ARN of an IAM policy",
    DOMAIN: "a lower-case domain name such as api.example.com",
    ZONE: "a lower-case domain name such as example.com, or the id of a hosted zone such as Z0123",
    EMAIL: "an e-mail address of ASCII characters",
    HANDLER: "module.function, such as app.handler",
    HEADER: "the name of an HTTP header",
    MOVABLE: "a node such as table.items, function.items or layer.dependencies",
    ALIAS: "the alias of a key of yours such as alias/our-key",
    KEY: "managed, create, or the alias of a key of yours such as alias/our-key",
    LAYER: "the ARN of a layer's version, arn:aws:lambda:REGION:ACCOUNT:layer:NAME:VERSION",
    MEDIA_TYPE: "a media type such as image/png, image/* or */*, without parameters",
    MODEL: "letters and digits only",
    ORIGIN: '"*", or a scheme and host such as https://app.example.com, with nothing after it',
    PARAMETER: "letters, digits and . _ $ -",
    POOL: "the ARN of a Cognito user pool, arn:aws:cognito-idp:REGION:ACCOUNT:userpool/ID",
    REFERENCE: "ssm:/path/of/parameter or secretsmanager:name",
    TOPIC: "the ARN of a standard SNS topic",
    SCOPE: "a scope such as orders/read or openid",
    STAGE: "letters, digits, _ and -",
    VARIABLE: "two or more letters, digits and _, beginning with a letter",
}
"""Pattern → the text that it accepts, in the words of an error message."""


class InvalidValue(ValueError):
    """A value that is not acceptable: the reason, and a suggestion of one that is."""

    def __init__(self, message: str, suggestion: str = "") -> None:
        super().__init__(message)
        self.suggestion = suggestion


class ConfigSection(BaseModel):
    """A mapping with known keys.

    A default section is built with `model_construct`, without validation: calling the class would
    build a validator for it alone, before anything is read.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


def _located(value: object, info: ValidationInfo) -> object:
    """Resolve a path relative to the folder of the configuration file."""
    if not isinstance(value, str):
        return value
    if not value.strip():
        raise InvalidValue(
            "expected a path, found empty text", 'for the file\'s own folder write "."'
        )
    folder = info.context["folder"] if info.context else Path()
    return Path(folder, value)


def _private_range(value: str) -> str:
    try:
        network = ipaddress.IPv4Network(value, strict=False)
    except ValueError as error:
        raise InvalidValue(
            f'expected an IPv4 range, found "{value}"', 'write it like "10.20.0.0/24"'
        ) from error
    if "/" not in value or str(network) != value:
        raise InvalidValue(
            f'"{value}" is not the beginning and length of a range', f'write "{network}"'
        )
    if not any(network.subnet_of(private) for private in _PRIVATE):
        names = ", ".join(str(private) for private in _PRIVATE)
        raise InvalidValue(f"{value} is no private range", f"choose one inside {names}")
    if not 16 <= network.prefixlen <= 28:  # noqa: PLR2004
        raise InvalidValue(
            f"{value} has length /{network.prefixlen}; a VPC takes /16 to /28",
            'write for example "10.20.0.0/24"',
        )
    return value


_PRIVATE = [
    ipaddress.IPv4Network(each)
    for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
]


def _account_text(value: object) -> object:
    """Accept an account without quotes, which YAML reads as a number."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if isinstance(text, str) and text.isdigit() and len(text) == 11:  # noqa: PLR2004
        raise InvalidValue(
            f"{text} has 11 digits and an account 12: a leading zero was lost on the way",
            f'write "0{text}", with the quotes',
        )
    return text


def _exact(value: str) -> str:
    """Refuse patterns: in IAM's condition on a boundary, other policies would match them."""
    found = [sign for sign in "*?$" if sign in value]
    if found:
        raise InvalidValue(
            f"{value} is a pattern: {found[0]} is a wildcard in IAM policies",
            'write the ARN of one policy, such as "arn:aws:iam::012345678901:policy/boundary"',
        )
    return value


def each_once(values: tuple[str, ...]) -> tuple[str, ...]:
    """Return the values; raise `InvalidValue` if one is listed twice."""
    again = [value for at, value in enumerate(values) if value in values[:at]]
    if again:
        raise InvalidValue(f'"{again[0]}" is listed twice', "list it once")
    return values


def _pattern(value: str) -> str:
    bare = value.removeprefix("!").strip("/")
    if not bare or len(value) > _LONGEST_PATTERN or value.count("**") > _MOST_DEEP:
        raise InvalidValue(f'"{value}" is no pattern of files', 'write it like "/drafts/"')
    if {"", ".", ".."} & set(bare.split("/")):
        raise InvalidValue(
            f'"{value}" leads out of the folder, or has an empty part', "name what is inside it"
        )
    if refused := sorted(set("[]\\{}#") & set(value)):
        raise InvalidValue(f'"{value}" has {refused[0]}, which no pattern has', "use * and ? alone")
    return value


_LONGEST_PATTERN = 200
_MOST_DEEP = 2
"""The most `**` of a pattern: the time to match one grows with the power of their number."""


def _customers(value: str) -> str:
    if value.startswith(_AWS_KEYS):
        raise InvalidValue(
            f"{value} is AWS's own key, whose policy cannot be changed", 'write "managed" for those'
        )
    return value


def _granted(value: str) -> str:
    if value.startswith(_AWS_KEYS):
        raise InvalidValue(f"{value} is AWS's own key and needs no grant", "leave the key out")
    return value


_AWS_KEYS = "alias/aws/"


Name = Annotated[str, Field(pattern=NAME, max_length=128)]
Account = Annotated[str, Field(pattern=ACCOUNT), BeforeValidator(_account_text)]
Boundary = Annotated[str, Field(pattern=BOUNDARY), AfterValidator(_exact)]
PrivateRange = Annotated[str, AfterValidator(_private_range)]
Movable = Annotated[str, Field(pattern=MOVABLE, max_length=140)]
Key = Annotated[str, Field(pattern=KEY, max_length=256), AfterValidator(_customers)]
CustomersKey = Annotated[str, Field(pattern=ALIAS, max_length=256), AfterValidator(_granted)]
Domain = Annotated[str, Field(pattern=DOMAIN, max_length=253)]
Zone = Annotated[str, Field(pattern=ZONE, max_length=253)]
Variable = Annotated[str, Field(pattern=VARIABLE)]
Source = Annotated[
    Path, BeforeValidator(_located), PlainSerializer(lambda path: path.as_posix(), when_used="json")
]
Names = Annotated[tuple[Name, ...], Strict(strict=False), AfterValidator(each_once)]
Patterns = Annotated[
    tuple[Annotated[str, AfterValidator(_pattern)], ...],
    Strict(strict=False),
    AfterValidator(each_once),
]
"""Patterns of files, of which `provision/packaging/exclusion.py` knows the form."""
Parameters = Annotated[
    tuple[Annotated[str, Field(pattern=PARAMETER)], ...],
    Strict(strict=False),
    AfterValidator(each_once),
]
MediaTypes = Annotated[
    tuple[Annotated[str, Field(pattern=MEDIA_TYPE, max_length=255)], ...],
    Strict(strict=False),
    AfterValidator(each_once),
]
Retention = Literal[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
]  # fmt: skip
RuleGroup = Literal[
    "AWSManagedRulesAdminProtectionRuleSet",
    "AWSManagedRulesAmazonIpReputationList",
    "AWSManagedRulesAnonymousIpList",
    "AWSManagedRulesCommonRuleSet",
    "AWSManagedRulesKnownBadInputsRuleSet",
    "AWSManagedRulesLinuxRuleSet",
    "AWSManagedRulesPHPRuleSet",
    "AWSManagedRulesSQLiRuleSet",
    "AWSManagedRulesUnixRuleSet",
    "AWSManagedRulesWindowsRuleSet",
    "AWSManagedRulesWordPressRuleSet",
]
"""The rule groups managed by AWS for WAF that have neither settings nor fees of their own.

https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html
"""
RuleGroups = Annotated[tuple[RuleGroup, ...], Strict(strict=False), AfterValidator(each_once)]
