"""Describes each check in words, for `check --list`, `explain`, completion and docs/check.md.

It imports no AWS SDK: the names of the checks are known at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class CheckDescription:
    """A promise of at most 60 characters, what the check asks of it, and when it passes."""

    promise: str
    asks: str
    passes: str


CHECK_DESCRIPTIONS: Final[Mapping[str, CheckDescription]] = {
    "key-missing": CheckDescription(
        "each route refuses a request without a key",
        "each route without a key; if no request can be refused safely, the deployment",
        "403; `apiKeyRequired`",
    ),
    "key-wrong": CheckDescription(
        "a key of random text is refused",
        "one route with a key of random text",
        "403",
    ),
    "key-right": CheckDescription(
        "each GET route answers a request with the key",
        "each GET route that needs a key and no query, with the key",
        "neither 403 nor 5xx; 2xx if the path has no variable",
    ),
    "public": CheckDescription(
        "each route with `key: false` answers without a key",
        "each route with `key: false`, without a key; if none can be sent, the deployment",
        "no 403 and no 5xx; 2xx if the path has no variable; 400 if the body is refused",
    ),
    "route-unknown": CheckDescription(
        "what is no route of config.yaml is refused",
        "GET of a path that is no route; the methods of the deployment",
        "403 or 404; no method that config.yaml lacks",
    ),
    "auth-missing": CheckDescription(
        "a route with `auth` refuses callers that it does not know",
        "each route with `auth`, with the key alone; if none can be sent, the deployment",
        "401, or 403 for `iam`, with CORS; the authorization of the method",
    ),
    "cors-answer": CheckDescription(
        "the functions' answers have the CORS header",
        "the answer of `key-right`, with each `Origin` and with another",
        "allow-origin as configured, and not for the other; `Vary` and credentials too",
    ),
    "cors-refusal": CheckDescription(
        "refusals have the CORS headers",
        "the 403 of `key-missing`, with `Origin`; the gateway response DEFAULT_4XX",
        "allow-origin and allow-headers as configured",
    ),
    "cors-5xx": CheckDescription(
        "API Gateway's own 5xx have the CORS headers",
        "the gateway response DEFAULT_5XX, which cannot be provoked safely",
        "allow-origin and allow-headers are in it",
    ),
    "preflight": CheckDescription(
        "OPTIONS of each path answers as `cors` says",
        "OPTIONS of each path, without a key, from each origin and from another",
        "2xx; origin, headers, methods, max-age, credentials as configured; not for the other",
    ),
    "body-refused": CheckDescription(
        "a body that the model refuses gets a 400",
        "each route with `body`, with the key and a body that the model refuses",
        "400 within 1 s, with CORS",
    ),
    "query-refused": CheckDescription(
        "a request without a required query gets a 400",
        "each GET route with `query`, with the key and without it; of others, the method",
        "400 within 1 s, with CORS; the method requires it",
    ),
    "throttle": CheckDescription(
        "rates, burst and quota are those of config.yaml",
        "the usage plan, the stage and each route with `throttle`, without a flood",
        "all rates and the quota as configured",
    ),
    "dead-letters": CheckDescription(
        "failed events go to the function's queue",
        "the live version of each function, and its settings for asynchronous events",
        "queue, attempts and age as configured; no other destination",
    ),
    "live-active": CheckDescription(
        "the live version of each function is active",
        "the live version of each function",
        "it is active and its last update succeeded",
    ),
    "trace": CheckDescription(
        "answers have an X-Ray trace id",
        "the answer of `key-right`",
        "`x-amzn-trace-id` is among its headers",
    ),
    "access-log": CheckDescription(
        "a request leaves its line in the access log",
        "the access log for the request of `key-right`",
        "its line is there, within 30 s or --wait",
    ),
    "function-log": CheckDescription(
        "an invocation leaves its lines in the function's log",
        "the log of each function that `key-right` reaches",
        "a line of that invocation is there, within 30 s or --wait",
    ),
    "tls": CheckDescription(
        "only TLS 1.2 or newer, and a certificate that stays valid",
        "handshakes with the endpoint",
        "1.2 or newer works, 1.1 is refused, the certificate is valid for 14 days more",
    ),
    "domain": CheckDescription(
        "the custom domain answers, AWS's own address does not",
        "the domain's name, then AWS's own address",
        "the name answers, AWS's own address is refused",
    ),
    "poison": CheckDescription(
        "a failing event reaches its queue; needs --deep: it writes",
        "each function, by an asynchronous event that it must fail on (--deep)",
        "the event arrives in its dead-letter queue; it is deleted, and nothing else",
    ),
}
"""The checks by their ids, in the order in which they are shown."""
WRITING: Final = frozenset({"poison"})
"""The checks that write, for `--deep` alone."""
