"""The items API behind API Gateway: routes, and what each failure is answered with.

An event that is not a request of API Gateway raises, so that an asynchronous invocation fails as
one: Lambda tries it again and then sends it to the dead-letter queue.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from functools import wraps
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import boto3
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.metrics import MetricUnit

import answers
from api_helpers import Secrets, cors_headers, request_id
from incoming import (
    Model,
    PageRequest,
    expected_version,
    read_body,
    read_cursor,
    validated,
    write_cursor,
)
from items import (
    ChangedItem,
    Invalid,
    ItemExists,
    ItemUnknown,
    NewItem,
    Problem,
    VersionConflict,
)
from settings import CURSOR_KEY, Settings
from store import PATIENCE, Store, Throttled

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

_RETRY_AFTER = "2"  # seconds
_IMPORT_CHECK = {"provision": "import check"}
"""The event that `provision` sends to a version before callers reach it. Any answer is enough."""
_LONGEST = 500  # characters of a caller's text in a log line


def _line(entry: Mapping[str, Any]) -> str:
    """Return the log line, all in ASCII.

    Readers of a log may end a line at U+0085, U+2028 or U+2029, and text from callers must never
    begin one. Logger itself leaves these characters as they are.
    """
    return json.dumps(entry, default=str, separators=(",", ":"))


logger = Logger(json_serializer=_line)
tracer = Tracer(patch_modules=["botocore"])
metrics = Metrics()
settings = Settings.read(os.environ)
secrets = Secrets(os.environ, PATIENCE)
store = Store(boto3.client("dynamodb", config=PATIENCE), settings)
api = APIGatewayRestResolver()


class NotARequest(Exception):
    """The function was invoked with something else than a request of API Gateway."""


Handler = Callable[[Any, "LambdaContext"], dict[str, Any]]


def _unless_checked(handle: Handler) -> Handler:
    """Answer the import check before anything is counted, logged or traced."""

    @wraps(handle)
    def answered(event: Any, context: LambdaContext) -> dict[str, Any]:
        return {} if event == _IMPORT_CHECK else handle(event, context)

    return answered


@_unless_checked
@metrics.log_metrics(capture_cold_start_metric=True)
@logger.inject_lambda_context(
    correlation_id_path="requestContext.extendedRequestId", clear_state=True
)
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: Any, context: LambdaContext) -> dict[str, Any]:
    if not _is_request(event):
        _count("EventsRejected")
        raise NotARequest(f"a {type(event).__name__} that API Gateway did not send")
    answer = api.resolve({**event, "path": _path(event)}, context)
    headers = answer.setdefault("multiValueHeaders", {})
    origin = api.current_event.headers.get("Origin")
    for name, value in cors_headers(os.environ, origin).items():
        headers[name] = [value]
    tracer.put_annotation("route", f"{event['httpMethod']} {event['resource']}")
    tracer.put_annotation("status", answer["statusCode"])
    logger.info(
        "answered",
        route=f"{event['httpMethod']} {event['resource']}",
        status=answer["statusCode"],
        path=str(event.get("path"))[:_LONGEST],
        user_agent=(api.current_event.headers.get("User-Agent") or "")[:_LONGEST],
        request_id=event["requestContext"].get("requestId"),
    )
    return answer


@api.post("/items")
def create() -> Response[str]:
    draft = _body(NewItem)
    item = store.create(draft, api.lambda_context.aws_request_id)
    _count("ItemsCreated")
    # With the stage, or with the base path under a custom domain.
    path = str(api.current_event.request_context.get("path", "/items"))
    return answers.item_answer(item, location=f"{path.rstrip('/')}/{item.id}")


@api.get("/items")
def list_page() -> Response[str]:
    wanted = validated(PageRequest, api.current_event.query_string_parameters)
    after = None if wanted.cursor is None else read_cursor(wanted.cursor, _cursor_key())
    page = store.page(wanted.limit, after, answers.size_in_answer)
    _count("ItemsListed", len(page.items))
    cursor = write_cursor(page.after, _cursor_key()) if page.after else None
    return answers.page_answer(page, cursor)


@api.get("/items/<item_id>")
def read(item_id: str) -> Response[str]:
    item = store.read(item_id)
    _count("ItemsRead")
    return answers.item_answer(item)


@api.put("/items/<item_id>")
def update(item_id: str) -> Response[str]:
    draft = _body(ChangedItem)
    if draft.id not in (None, item_id):
        raise Invalid(Problem("id", "differs from the id in the path"))
    version = expected_version(api.current_event.headers.get("If-Match"), draft.version)
    item = store.update(item_id, draft, version, api.lambda_context.aws_request_id)
    _count("ItemsUpdated")
    return answers.item_answer(item)


@api.delete("/items/<item_id>")
def delete(item_id: str) -> Response[str]:
    store.delete(item_id, expected_version(api.current_event.headers.get("If-Match"), None))
    _count("ItemsDeleted")
    return answers.empty_answer()


@api.exception_handler(Invalid)
def answer_invalid(error: Invalid) -> Response[str]:
    _count("ValidationErrors")
    return answers.failure(
        HTTPStatus.BAD_REQUEST,
        "The request is not valid.",
        _request_id(),
        problems=error.problems,
    )


@api.exception_handler(ItemUnknown)
def answer_unknown(_: ItemUnknown) -> Response[str]:
    _count("NotFound")
    return answers.failure(HTTPStatus.NOT_FOUND, "There is no such item.", _request_id())


@api.not_found
def answer_no_route(_: Exception) -> Response[str]:
    _count("NotFound")
    return answers.failure(HTTPStatus.NOT_FOUND, "There is no such route.", _request_id())


@api.exception_handler(ItemExists)
def answer_exists(_: ItemExists) -> Response[str]:
    _count("Conflicts")
    return answers.failure(
        HTTPStatus.CONFLICT, "There is an item of that id already.", _request_id()
    )


@api.exception_handler(VersionConflict)
def answer_conflict(error: VersionConflict) -> Response[str]:
    _count("Conflicts")
    return answers.failure(
        HTTPStatus.CONFLICT,
        f"The item has changed: it is at version {error.current}. Read it again, then update it.",
        _request_id(),
    )


@api.exception_handler(Throttled)
def answer_throttled(_: Throttled) -> Response[str]:
    _count("Throttled")
    logger.warning("the table throttles")
    return answers.failure(
        HTTPStatus.TOO_MANY_REQUESTS,
        "Too many requests for the moment; try again shortly.",
        _request_id(),
        headers={"Retry-After": _RETRY_AFTER},
    )


@api.exception_handler(Exception)
def answer_unexpected(error: Exception) -> Response[str]:
    _count("UnexpectedErrors")
    logger.error("unexpected error", exc_info=error)
    return answers.failure(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "Something went wrong on our side. Quote the request id when you report it.",
        _request_id(),
    )


def _is_request(event: Any) -> bool:
    return (
        isinstance(event, Mapping)
        and isinstance(event.get("httpMethod"), str)
        and isinstance(event.get("resource"), str)
        and isinstance(event.get("requestContext"), Mapping)
    )


def _path(event: Mapping[str, Any]) -> str:
    """Return the path below the API: under a custom domain, `path` begins with the base path.

    API Gateway leaves its parameters percent-encoded, so that a line feed at the end of an id is
    not taken for the end of the path; what is not encoded already is, for other senders of events.
    """
    parameters = event.get("pathParameters") or {}
    return re.sub(
        r"\{(\w+)(\+?)\}",
        lambda found: quote(str(parameters.get(found[1], "")), safe="%/" if found[2] else "%"),
        event["resource"],
    )


def _cursor_key() -> str | None:
    """Return the key that seals cursors, so that a client can continue only where we stopped."""
    return secrets.read(CURSOR_KEY) if settings.seals_cursors else None


def _body(model: type[Model]) -> Model:
    event = api.current_event
    return read_body(model, event.body, is_base64=event.is_base64_encoded or False)


def _request_id() -> str:
    """Return the id that the client finds in the header x-amz-apigw-id, and we in each log line."""
    return request_id(api.current_event.raw_event) or api.lambda_context.aws_request_id


def _count(metric: str, value: int = 1) -> None:
    metrics.add_metric(name=metric, unit=MetricUnit.Count, value=value)
