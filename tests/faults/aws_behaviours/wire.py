"""AWS's answers as bytes and back, in each service's own protocol, for the laws."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

import botocore.loaders
import botocore.parsers
from botocore.compat import HTTPHeaders
from botocore.model import OperationModel, ServiceModel
from moto.core.model import ServiceModel as MotoServiceModel
from moto.core.serialize import get_serializer_class

Answer = dict[str, Any]


@dataclass(frozen=True)
class Reply:
    """A received answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def good(self) -> bool:
        return self.status < 300


def encode_error(model: OperationModel, code: str, message: str, status: int) -> Reply:
    """Return an error as this operation's service encodes it."""
    protocol = model.service_model.resolved_protocol
    if protocol == "ec2":
        body = (
            f"<Response><Errors><Error><Code>{escape(code)}</Code>"
            f"<Message>{escape(message)}</Message></Error></Errors>"
            "<RequestID>law</RequestID></Response>"
        )
        return Reply(status, {"Content-Type": "text/xml"}, body.encode())
    if protocol in {"query", "rest-xml"}:
        body = (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{escape(code)}</Code>"
            f"<Message>{escape(message)}</Message></Error>"
            "<RequestId>law</RequestId></ErrorResponse>"
        )
        return Reply(status, {"Content-Type": "text/xml"}, body.encode())
    headers = {"Content-Type": "application/x-amz-json-1.0", "x-amzn-RequestId": "law"}
    if protocol == "rest-json":
        headers["x-amzn-errortype"] = code
    if "awsQueryCompatible" in model.service_model.metadata:
        headers["x-amzn-query-error"] = f"{code};Sender"
    body = json.dumps({"__type": code, "message": message, "Message": message})
    return Reply(status, headers, body.encode())


def decode_answer(model: OperationModel, reply: Reply) -> Answer:
    """Return the reply as botocore would pass it to a caller."""
    parser = botocore.parsers.create_parser(model.service_model.resolved_protocol)
    raw = {"status_code": reply.status, "headers": http_headers(reply), "body": reply.body}
    shape: Any = model.output_shape  # None where the answer is empty, which the parser knows
    parsed: Answer = parser.parse(raw, shape)
    parsed.pop("ResponseMetadata", None)
    return parsed


def http_headers(reply: Reply) -> HTTPHeaders:
    """Return the headers, found by name in any case."""
    headers = HTTPHeaders()
    for name, value in reply.headers.items():
        headers[name] = str(value)
    return headers


def encode_answer(model: OperationModel, answer: Answer) -> Reply:
    """Return a good answer in the operation's own protocol."""
    service = model.service_model
    serializer = get_serializer_class(service.service_name, service.resolved_protocol)
    made = serializer(moto_model(service).operation_model(model.name)).serialize(answer)
    body = made["body"]
    return Reply(
        made["status_code"],
        {name: str(value) for name, value in made["headers"].items()},
        body.encode() if isinstance(body, str) else body,
    )


_MOTO_MODELS: dict[str, MotoServiceModel] = {}
"""Models by service, for its parsers and serializers."""


def moto_model(service: ServiceModel) -> MotoServiceModel:
    """Return the emulator's own model of a service."""
    name = service.service_name
    if name not in _MOTO_MODELS:
        described = botocore.loaders.create_loader().load_service_model(name, "service-2")
        _MOTO_MODELS[name] = MotoServiceModel(described, name)
    return _MOTO_MODELS[name]
