"""Builds the stack before any of it exists.

Values that AWS or the packaging chooses are replaced by placeholders of the same form and length.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from string import ascii_lowercase
from typing import Any, Final

from provision.aws.access import Location
from provision.config import Config
from provision.model.step import FieldRole, Step, fields_with
from provision.packaging.archive import Archive
from provision.stack import StackInputs
from provision.stack.inputs import Package

_UUID: Final = "01234567-89ab-cdef-0123-{:012x}"
_FORMS: Final[Mapping[tuple[str, str], str]] = {
    ("acm.certificate", "record_name"): "_{:032x}.{domain}.",
    ("acm.certificate", "record_value"): "_{:032x}.abcdefghij.acm-validations.aws.",
    ("apigateway.account", "role"): "role",
    ("apigateway.domain", "target"): "d-{:010x}.execute-api.{region}.amazonaws.com",
    ("apigateway.domain", "target_zone"): "Z{:013x}",
    ("ec2.flow_log", "id"): "fl-{:017x}",
    ("ec2.gateway_endpoint", "id"): "vpce-{:017x}",
    ("ec2.interface_endpoint", "id"): "vpce-{:017x}",
    ("ec2.route_table", "id"): "rtb-{:017x}",
    ("ec2.security_group", "id"): "sg-{:017x}",
    ("ec2.subnet", "id"): "subnet-{:017x}",
    ("ec2.vpc", "id"): "vpc-{:017x}",
    ("kms.key", "id"): _UUID,
    ("lambda.version", "number"): "1",
    ("sns.subscription", "arn"): "arn:{partition}:sns:{region}:{account}:topic:" + _UUID,
    ("sqs.queue", "url"): "https://sqs.{region}.amazonaws.com/{account}/{name}",
    ("wafv2.web_acl", "id"): _UUID,
}
"""Kind and field → form of the value.

Others have a template in `API_CALLS`, or ten letters and digits like API Gateway's ids.
"""


class StandInSources:
    """Packages of which none is built: each zip is this very file, which can always be read."""

    def __init__(self) -> None:
        bundle = Archive.of(Path(__file__).read_bytes())
        self._package = Package(__file__, bundle.sha256, bundle.code_sha256)

    def function(self, name: str) -> Package:  # noqa: ARG002  (the same for every name)
        return self._package

    def layer(self, name: str) -> Package:  # noqa: ARG002
        return self._package


def stand_in_site(config: Config, where: Location) -> StackInputs:
    zones = tuple(f"{where.region}{letter}" for letter in ascii_lowercase[: config.network.zones])
    alias = config.encryption.key.startswith("alias/")
    key = where.arn("kms", f"key/{_UUID.format(1)}") if alias else ""
    return StackInputs(config, where, zones, StandInSources(), _invoke_url, key)


def with_stand_ins(step: Step, number: int, where: Location) -> Step:
    """Return the step with its Computed fields filled in; `number` differs for each node."""
    words = {
        "partition": where.partition,
        "region": where.region,
        "account": where.account,
        **{name: value for name, value in vars(step).items() if isinstance(value, str)},
    }
    for name in fields_with(type(step), FieldRole.COMPUTED):
        if not isinstance(vars(step)[name], tuple):
            words[name] = _form(step, name).format(number, **words)
            step = replace(step, **{name: _typed(step, name, words[name])})
    return step


def _form(step: Step, name: str) -> str:
    if form := _FORMS.get((step.KIND, name)):
        return form
    template = step.API_CALLS.computed.get(name)
    if template is None:
        return "{:010x}"
    return re.sub(r"\*$", "1" if template.endswith(":*") else _UUID, template)


def _typed(step: Step, name: str, text: str) -> Any:
    return 1 if (step.KIND, name) == ("lambda.layer", "version") else text


def _invoke_url(api: str, stage: str) -> str:
    return f"https://{api}.execute-api.amazonaws.com/{stage}"
