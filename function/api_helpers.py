"""Code that any function behind this API needs: answers, CORS headers, ids of callers, secrets.

Every handler in this folder can import it: give a further function the same `source` and a handler
of its own. It needs no package: boto3, which Lambda has, is imported when a secret is first read.

    from api_helpers import Secrets, answer, failure

    def handler(event, context):
        if not (event.get("queryStringParameters") or {}).get("city"):
            return failure(event, 400, "city is missing")
        return answer(event, 200, {"celsius": 21, "caller": api_key_id(event)})
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from decimal import Decimal
from http import HTTPStatus
from typing import Any

_REMEMBERED = 300.0  # seconds


class SecretUnavailable(Exception):
    """A secret could not be fetched: says which, and why, and nothing of its value."""


def answer(
    event: Mapping[str, Any],
    status: int,
    document: Any,
    headers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return what API Gateway passes on to the caller: a JSON document with the CORS headers."""
    own = {"Content-Type": "application/json", **(headers or {})}
    return {
        "statusCode": status,
        "headers": own | cors_headers(os.environ, header(event, "Origin")),
        "body": json.dumps(document, default=plain),
    }


def plain(value: object) -> int | float:
    """Return a number of DynamoDB, which are decimals, as JSON has it: `default` of json.dumps."""
    if not isinstance(value, Decimal):
        raise TypeError(f"{type(value).__name__} is not JSON")
    return int(value) if value == value.to_integral_value() else float(value)


def failure(
    event: Mapping[str, Any],
    status: int,
    message: str,
    details: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Return an error as `error_document` has it, with the CORS headers."""
    return answer(event, status, error_document(status, message, request_id(event), details))


def error_document(
    status: int, message: str, request_id: str, details: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """Return the body of an error: code, message, id of the request, and problems by field.

    All of it is below the key `error`. An error of API Gateway itself, such as that for a request
    without a key, has neither `error` nor a code: `message` and `request_id` are at the top, and
    `details`, where a check of the request failed, is one text and no list.
    """
    error: dict[str, Any] = {
        "code": HTTPStatus(status).name.lower(),
        "message": message,
        "request_id": request_id,
    }
    if details:
        error["details"] = list(details)
    return {"error": error}


def cors_headers(environment: Mapping[str, str], origin: str | None) -> dict[str, str]:
    """Return the headers by which a browser lets a page read the answer; none without `api.cors`.

    Of several origins the one that asks is named, for a browser takes only one.
    """
    origins = _listed(environment.get("CORS_ORIGIN", ""))
    if not origins:
        return {}
    if "*" in origins:
        found = {"Access-Control-Allow-Origin": "*"}
    else:
        allowed = origin if origin in origins else origins[0]
        found = {"Vary": "Origin", "Access-Control-Allow-Origin": allowed}
    for name, variable in (
        ("Access-Control-Allow-Credentials", "CORS_COOKIES"),
        ("Access-Control-Expose-Headers", "CORS_EXPOSE"),
        ("Access-Control-Allow-Headers", "CORS_HEADERS"),
        ("Access-Control-Max-Age", "CORS_MAX_AGE"),
    ):
        if value := environment.get(variable):
            found[name] = value
    return found


def header(event: Mapping[str, Any], name: str) -> str | None:
    """Return a header of the request. Callers write its name in any case."""
    found = event.get("headers") or {}
    return next((value for key, value in found.items() if key.lower() == name.lower()), None)


def request_id(event: Mapping[str, Any]) -> str:
    """Return the id that the caller finds in the header x-amz-apigw-id.

    `requestContext.requestId` is what the caller says, if it says one.
    """
    return str((event.get("requestContext") or {}).get("extendedRequestId") or "")


def api_key_id(event: Mapping[str, Any]) -> str | None:
    """Return the id of the API key that called, as `provision keys list` shows it.

    `identity.apiKey` has the key itself, which no log and no answer may have.
    """
    context = event.get("requestContext") or {}
    return (context.get("identity") or {}).get("apiKeyId")


class Secrets:
    """Values of secrets: the environment says where each is kept; it is fetched when first needed.

    `environment: {STRIPE_KEY: {secret: "ssm:/shop/stripe"}}` in config.yaml sets the variable and
    grants reading that secret, and `Secrets(os.environ).read("STRIPE_KEY")` fetches it. Keep one
    outside of the handler: a value is remembered for five minutes, or for as many seconds as
    POWERTOOLS_PARAMETERS_MAX_AGE says, so a rotated one arrives without a new version of the
    function. It is in no error and no log line. `config` is botocore's, for timeouts and retries.
    """

    def __init__(self, environment: Mapping[str, str], config: Any = None) -> None:
        self._environment = environment
        self._config = config
        self._age = float(environment.get("POWERTOOLS_PARAMETERS_MAX_AGE") or _REMEMBERED)
        self._known: dict[str, tuple[float, str]] = {}
        self._clients: dict[str, Any] = {}

    def read(self, variable: str) -> str:
        """Return the value of the secret that the variable refers to."""
        reference = self._environment.get(variable, "")
        until, value = self._known.get(reference, (0.0, ""))
        if time.monotonic() < until:
            return value
        keeper, _, name = reference.partition(":")
        if keeper not in {"ssm", "secretsmanager"}:
            # The value may be the secret itself: it is not repeated.
            raise SecretUnavailable(f"{variable} does not say where its secret is kept")
        found = self._fetch(variable, keeper, name)
        if not isinstance(found, str):
            raise SecretUnavailable(f"{variable}: {reference} holds no text")
        self._known[reference] = (time.monotonic() + self._age, found)
        return found

    def _fetch(self, variable: str, keeper: str, name: str) -> object:
        import boto3  # noqa: PLC0415  (a quarter of a second that only secrets are worth)
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

        sdk: Any = boto3
        try:
            if keeper not in self._clients:
                self._clients[keeper] = sdk.client(keeper, config=self._config)
            client = self._clients[keeper]
            if keeper == "ssm":
                return client.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
            return client.get_secret_value(SecretId=name).get("SecretString")
        except (BotoCoreError, ClientError) as error:
            raise SecretUnavailable(f"{variable}: {keeper}:{name}: {error}") from error


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
