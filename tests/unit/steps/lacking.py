"""Answers of AWS that lack one optional member: recorded once, then replayed without it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape

from tests.support.always_answered import ALWAYS
from tests.support.harness import Recorder

ALSO_ALWAYS: dict[str, dict[str, str]] = {
    "acm": {"CertificateDetail": "DomainValidationOptions", "DomainValidation": "ResourceRecord"},
    "apigateway": {"Resources": "items"},
    "ec2": {
        "AttributeBooleanValue": "Value",
        "DescribeVpcAttributeResult": "EnableDnsHostnames EnableDnsSupport",
        "Tag": "Key Value",
    },
    "lambda": {"FunctionEventInvokeConfig": "MaximumRetryAttempts"},
    "sns": {"GetTopicAttributesResponse": "Attributes"},
    "sqs": {"GetQueueAttributesResult": "Attributes"},
    "wafv2": {"DefaultAction": "Allow", "OverrideAction": "Count"},
}
"""More of them: waited for, asked for by name, or an empty one is not the same as none."""


class Member(NamedTuple):
    """One member of a structure in AWS's answers."""

    service: str
    shape: str
    name: str


class Place(NamedTuple):
    """Where an answer has a member."""

    holder: dict[str, Any]
    member: Member


@dataclass
class Answers(Recorder):
    """Keeps every answer to a request."""

    kept: dict[str, tuple[OperationModel, dict[str, Any]]] = field(default_factory=dict)

    def _before(self, model: Any, params: Any = None, context: Any = None, **_: Any) -> Any:
        context["asked"] = _request(model, params)  # calls may be concurrent

    def _after(self, model: Any, parsed: Any = None, context: Any = None, **_: Any) -> None:
        if "Error" not in parsed:
            self.kept[context["asked"]] = (model, copy.deepcopy(parsed))

    def members(self) -> dict[Member, bool]:
        """Return the members that AWS may leave out, and whether they are empty everywhere."""
        empty: dict[Member, bool] = {}
        for model, answer in self.kept.values():
            for place in _places(model, model.output_shape, answer):
                value = place.holder[place.member.name]
                empty[place.member] = empty.get(place.member, True) and not value
        return empty


@dataclass
class Lacking(Recorder):
    """Replays those answers without one member; asks the emulator what was not asked before."""

    answers: Answers = field(kw_only=True)
    member: Member = field(kw_only=True)

    def _before(self, model: Any, params: Any = None, **_: Any) -> Any:
        kept = self.answers.kept.get(_request(model, params))
        if kept is None:
            return None
        answer = copy.deepcopy(kept[1])
        self._drop(model, answer)
        return AWSResponse("", 200, HTTPHeaders(), None), answer

    def _after(self, model: Any, parsed: Any = None, **_: Any) -> None:
        self._drop(model, parsed)

    def _drop(self, model: OperationModel, answer: dict[str, Any]) -> None:
        for place in list(_places(model, model.output_shape, answer)):
            if place.member == self.member:
                place.holder.pop(place.member.name, None)


def _request(model: OperationModel, params: Any) -> str:
    return f"{model.name} {params['url_path']} {params['query_string']} {params['body']}"


def _places(model: OperationModel, shape: Shape | None, value: Any) -> Iterator[Place]:
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        service = model.service_model.service_name
        always = {*shape.required_members, *_always(service, shape.name)}
        for name, inner in shape.members.items():
            if name in value:
                yield from _places(model, inner, value[name])
                if name not in always:
                    yield Place(value, Member(service, shape.name, name))
    elif isinstance(shape, ListShape):
        for one in value or []:
            yield from _places(model, shape.member, one)
    elif isinstance(shape, MapShape):
        for one in (value or {}).values():
            yield from _places(model, shape.value, one)


def _always(service: str, shape: str) -> set[str]:
    """Return the members that AWS always shows; the stubs end some shapes' names otherwise."""
    names = (shape, *(f"{shape}{ending}" for ending in ("Response", "Output", "Extra")))
    tables = (table.get(service.replace("-", "_"), {}) for table in (ALWAYS, ALSO_ALWAYS))
    return {member for table in tables for name in names for member in table.get(name, "").split()}
