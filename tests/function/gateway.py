"""API Gateway and Lambda around the function, by AWS's rules: limits, key, validation, answers.

It reads the stack's contents of the API and the format of its access log. A variable is replaced by
its text without escaping, which is the worst that AWS could do.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

from jsonschema import Draft4Validator, ValidationError

from provision.steps.apigateway.rest_api.contents import Contents, Method
from tests.function.conftest import Function

STAGE = "v1"
KEY = "the-one-key-that-the-usage-plan-has"
REQUEST_LINE_AND_HEADERS = 10_240
REQUEST_BODY = 10_485_760
INVOCATION = 6_291_556
"""The size limit in bytes of Lambda's events and answers."""
METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
_VARIABLE = re.compile(r"\$context\.([A-Za-z]+(?:\.[A-Za-z]+)*)")


@dataclass(frozen=True, repr=False)
class Request:
    """A caller's request; `target` is the path and query as sent over the network."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def __repr__(self) -> str:
        """Return the readable beginning of a request; bodies have up to ten million bytes."""
        shown = f"{self.method} {self.target[:200]} {[*self.headers]} {self.body[:400]!r}"
        return f"<{shown} of {len(self.body)} bytes>"

    def header(self, name: str) -> str | None:
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        return found[-1] if found else None


@dataclass(frozen=True)
class Refused(Exception):
    """An answer by API Gateway itself; `kind` is the type of its gateway response."""

    kind: str
    status: int
    message: str
    details: str = ""


@dataclass
class Served:
    """The outcome of a request: the answer, and the lines in the logs."""

    status: int
    headers: dict[str, str]
    body: str
    line: str
    """The line of the access log; empty if the request never reaches the API."""
    request_id: str
    printed: list[str] = field(default_factory=list)
    """Lines of the function's own log."""


@dataclass
class Gateway:
    function: Function
    contents: Contents
    access_format: str
    validates: bool = True
    """AWS's validator may accept more than ours; then the function has to check for itself."""
    answered: Counter[str] = field(default_factory=Counter)
    """The number of answers by status, and by the service that gave it."""
    largest: int = 0

    def serve(self, request: Request) -> Served:
        served = self._serve(request)
        by = "the function" if served.printed else "API Gateway"
        self.answered[f"{served.status} by {by}"] += 1
        self.largest = max(self.largest, len(served.body.encode()))
        return served

    def _serve(self, request: Request) -> Served:
        head = f"{request.method} {request.target} HTTP/1.1\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in request.headers)
        if len(head.encode()) > REQUEST_LINE_AND_HEADERS:
            return Served(413, {}, "", "", "")
        if len(request.body) > REQUEST_BODY:
            return Served(413, {}, "HTTP content length exceeded 10485760 bytes.", "", "")
        context = self._context(request)
        printed = io.StringIO()
        try:
            with contextlib.redirect_stdout(printed):
                status, headers, body = self._answer(request, context)
        except Refused as refused:
            context |= {
                "error.responseType": refused.kind,
                "error.message": refused.message,
                "error.messageString": json.dumps(refused.message),
                "error.validationErrorString": refused.details,
            }
            status, headers, body = self._gateway_response(refused, context)
        context |= {"status": str(status), "responseLength": str(len(body.encode()))}
        line = _VARIABLE.sub(lambda found: context.get(found[1]) or "-", self.access_format)
        return Served(
            status,
            headers,
            body,
            line,
            context["extendedRequestId"],
            printed.getvalue().splitlines(),
        )

    def _context(self, request: Request) -> dict[str, str]:
        """Return the context variables; path, agent, trace and one id are the caller's words."""
        return {
            "extendedRequestId": f"{uuid4().hex[:14]}=",
            "requestId": request.header("x-amzn-RequestId") or str(uuid4()),
            "requestTime": "30/Nov/2026:09:00:00 +0000",
            "identity.sourceIp": "203.0.113.7",
            "identity.userAgent": request.header("User-Agent") or "",
            "xrayTraceId": request.header("X-Amzn-Trace-Id") or "Root=1-0-0",
            "path": f"/{STAGE}{request.target.partition('?')[0]}",
            "httpMethod": request.method,
            "responseLatency": "12",
        }

    def _answer(self, request: Request, context: dict[str, str]) -> tuple[int, dict[str, str], str]:
        raw_path, _, query = request.target.partition("?")
        found = self._match(raw_path)
        if found is None or request.method not in found[1]:
            raise Refused("MISSING_AUTHENTICATION_TOKEN", 403, "Missing Authentication Token")
        resource, methods, parameters = found
        context["resourcePath"] = resource
        method = methods[request.method]
        if method.api_key:
            if request.header("X-Api-Key") != KEY:
                raise Refused("INVALID_API_KEY", 403, "Forbidden")
            context["identity.apiKeyId"] = "a1b2c3d4e5"
        if method.models and self.validates:
            self._validate(method, request)
        assert method.integration
        if method.integration.kind == "MOCK":
            return self._mock(method, request)
        return self._invoke(request, context, resource, parameters, query)

    def _match(self, raw_path: str) -> tuple[str, Mapping[str, Method], dict[str, str]] | None:
        parts = [part for part in raw_path.split("/") if part]  # parameters stay encoded (A41)
        for resource, methods in self.contents.resources.items():
            names = [part for part in resource.split("/") if part]
            if len(names) != len(parts):
                continue
            pairs = list(zip(names, parts, strict=True))
            if all(name == part or name.startswith("{") for name, part in pairs):
                given = {name[1:-1]: part for name, part in pairs if name.startswith("{")}
                return resource, methods, given
        return None

    def _validate(self, method: Method, request: Request) -> None:
        kind = (request.header("Content-Type") or "application/json").partition(";")[0].strip()
        name = method.models.get(kind) or method.models.get("$default")
        if name is None:
            return
        try:
            document = json.loads(request.body)
        except (ValueError, RecursionError):
            raise Refused("BAD_REQUEST_BODY", 400, "Invalid request body", "not JSON") from None
        schema = {"definitions": {}, **self.contents.models[name]}
        if wrong := [_found(error) for error in Draft4Validator(schema).iter_errors(document)]:
            said = f"[{', '.join(wrong)}]"
            raise Refused("BAD_REQUEST_BODY", 400, "Invalid request body", said)

    def _mock(self, method: Method, request: Request) -> tuple[int, dict[str, str], str]:
        """Return the answer of a mock integration.

        The template is chosen by the exact content type. Without one a body passes through, which
        gives no status, unless that is forbidden.
        """
        integration = method.integration
        assert integration
        kind = request.header("Content-Type") or "application/json"
        if kind not in integration.templates:
            if integration.passthrough == "WHEN_NO_MATCH":
                return 500, {}, '{"message": "Internal server error"}'
            raise Refused("UNSUPPORTED_MEDIA_TYPE", 415, "Unsupported Media Type")
        ((status, answer),) = integration.responses.items()
        named = {name.rpartition(".")[2]: value for name, value in answer.headers.items()}
        return int(status), {name: value.strip("'") for name, value in named.items()}, ""

    def _invoke(
        self,
        request: Request,
        context: dict[str, str],
        resource: str,
        parameters: dict[str, str],
        query: str,
    ) -> tuple[int, dict[str, str], str]:
        event = _event(request, context, resource, parameters, query)
        if len(json.dumps(event, ensure_ascii=False).encode(errors="replace")) > INVOCATION:
            raise Refused("DEFAULT_4XX", 413, "Request Too Long")
        context["integration.requestId"] = str(uuid4())
        context["integrationLatency"] = "9"
        try:
            answer = self.function.invoke(event)
            written = [json.dumps(answer).encode(), json.dumps(answer, ensure_ascii=False).encode()]
        except Exception as error:  # noqa: BLE001 - any exception is a failure of Lambda
            return 502, {}, f"{type(error).__name__}: {error}"
        if max(map(len, written)) > INVOCATION:
            return 502, {}, f"an answer of {max(map(len, written))} bytes"
        headers = {name: values[0] for name, values in answer["multiValueHeaders"].items()}
        for name, value in headers.items():
            assert re.fullmatch(r"[\x20-\x7e]*", f"{name}{value}"), "a header that is none"
        return answer["statusCode"], headers, answer["body"]

    def _gateway_response(
        self, refused: Refused, context: Mapping[str, str]
    ) -> tuple[int, dict[str, str], str]:
        """Return the answer; `validationErrorString` is the only caller's text, and escaped."""
        kinds = self.contents.gateway_responses
        response = kinds.get(refused.kind) or kinds[f"DEFAULT_{refused.status // 100}XX"]
        values = {**context, "error.validationErrorString": json.dumps(refused.details)[1:-1]}
        template = response.templates["application/json"]
        body = _VARIABLE.sub(lambda found: values.get(found[1]) or "", template)
        named = {name.rpartition(".")[2]: value for name, value in response.headers.items()}
        headers = {name: value.strip("'") for name, value in named.items()}
        return int(response.status or refused.status), headers, body


def _found(error: ValidationError) -> str:
    """Return the validator's message, which quotes the whole rule that the value breaks."""
    match error.validator:
        case "type":
            return f"instance type does not match any allowed primitive type ({error.schema})"
        case "required":
            return f"object has missing required properties ({json.dumps(error.validator_value)})"
        case _:
            return f"{error.validator}: {json.dumps(error.instance)}"


def _event(
    request: Request,
    context: Mapping[str, str],
    resource: str,
    parameters: dict[str, str],
    query: str,
) -> dict[str, Any]:
    """Return the event of the Lambda proxy integration."""
    pairs = parse_qsl(query, keep_blank_values=True, errors="replace")
    headers = {name: value for name, value in request.headers if name}
    return {
        "resource": resource,
        "path": request.target.partition("?")[0],
        "httpMethod": request.method,
        "headers": headers or None,
        "multiValueHeaders": dict(_grouped(request.headers)) or None,
        "queryStringParameters": dict(pairs) or None,
        "multiValueQueryStringParameters": dict(_grouped(pairs)) or None,
        "pathParameters": parameters or None,
        "stageVariables": None,
        "requestContext": {
            "requestId": context["requestId"],
            "extendedRequestId": context["extendedRequestId"],
            "path": context["path"],
            "stage": STAGE,
            "httpMethod": request.method,
            "resourcePath": resource,
            "identity": {"sourceIp": context["identity.sourceIp"]},
        },
        "body": request.body.decode(errors="replace") if request.body else None,
        "isBase64Encoded": False,
    }


def _grouped(pairs: Any) -> Iterator[tuple[str, list[str]]]:
    groups: dict[str, list[str]] = {}
    for name, value in pairs:
        groups.setdefault(name, []).append(value)
    yield from groups.items()
