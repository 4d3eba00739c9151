"""Faults that are put into the deployed stack, one at a time, and the checks that must see each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Final

from provision.workflows.checks.round import ANY_ORIGIN
from tests.conformance.checks.place import FUNCTION, ORIGIN, SECOND, CheckedPlace

Fault = Callable[[CheckedPlace], AbstractContextManager[None]]


@dataclass(frozen=True)
class Mutant:
    """One fault. `kills` are the checks that fail, and no others. `deep`: asked with --deep."""

    what: str
    fault: Fault
    kills: frozenset[str]
    deep: bool = False


def _patched(method: str, path: str, field: str, bad: str, good: str, *, deploy: bool) -> Fault:
    """Return the fault of a method's field; deployed, so that the deployment shows it too."""

    @contextmanager
    def fault(place: CheckedPlace) -> Iterator[None]:
        where = place.method(method, path)

        def put(value: str) -> None:
            patch = [{"op": "replace", "path": field, "value": value}]
            place.gateway.update_method(**where, patchOperations=patch)

        put(bad)
        before = place.deploy() if deploy else ""
        try:
            yield
        finally:
            put(good)
            if before:
                place.serve(before)

    return fault


@contextmanager
def _key_outside_plan(place: CheckedPlace) -> Iterator[None]:
    place.gateway.delete_usage_plan_key(usagePlanId=place.plan, keyId=place.key)
    try:
        yield
    finally:
        place.gateway.create_usage_plan_key(
            usagePlanId=place.plan, keyId=place.key, keyType="API_KEY"
        )


@contextmanager
def _key_disabled(place: CheckedPlace) -> Iterator[None]:
    def put(value: str) -> None:
        patch = [{"op": "replace", "path": "/enabled", "value": value}]
        place.gateway.update_api_key(apiKey=place.key, patchOperations=patch)

    put("false")
    try:
        yield
    finally:
        put("true")


@contextmanager
def _stage_outside_plan(place: CheckedPlace) -> Iterator[None]:
    def put(op: str) -> None:
        patch = [{"op": op, "path": "/apiStages", "value": f"{place.api}:v1"}]
        place.gateway.update_usage_plan(usagePlanId=place.plan, patchOperations=patch)

    put("remove")
    try:
        yield
    finally:
        put("add")


@contextmanager
def _no_permission(place: CheckedPlace) -> Iterator[None]:
    source = f"arn:aws:execute-api:us-east-1:000000000000:{place.api}/*"
    place.functions.remove_permission(FunctionName=FUNCTION, Qualifier="live", StatementId="api")
    try:
        yield
    finally:
        place.functions.add_permission(
            FunctionName=FUNCTION,
            Qualifier="live",
            StatementId="api",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=source,
        )


@contextmanager
def _one_more_route(place: CheckedPlace) -> Iterator[None]:
    root = place.resource("/")
    made = place.gateway.create_resource(restApiId=place.api, parentId=root, pathPart="{proxy+}")[
        "id"
    ]
    where = {"restApiId": place.api, "resourceId": made, "httpMethod": "ANY"}
    place.gateway.put_method(**where, authorizationType="NONE", apiKeyRequired=False)
    uri = place.gateway.get_method(**place.method("GET", "/items"))["methodIntegration"]["uri"]
    place.gateway.put_integration(**where, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
    before = place.deploy()
    try:
        yield
    finally:
        place.gateway.delete_resource(restApiId=place.api, resourceId=made)
        place.serve(before)


def _published(field: str, change: Callable[[dict[str, Any]], Any]) -> Fault:
    """Return the fault of a field of the function's configuration, in a live version."""

    @contextmanager
    def fault(place: CheckedPlace) -> Iterator[None]:
        good = place.configuration()[field]
        before = place.publish(**{field: change(good)})
        try:
            yield
        finally:
            place.functions.update_function_configuration(FunctionName=FUNCTION, **{field: good})
            place.live(before)

    return fault


def _without_origin(shown: dict[str, Any]) -> dict[str, Any]:
    return {"Variables": {**shown["Variables"], "CORS_ORIGIN": ""}}


def _allowing(*origins: str) -> Callable[[dict[str, Any]], Any]:
    """Return the change of a function's variables by which it allows these origins."""
    return lambda shown: {"Variables": {**shown["Variables"], "CORS_ORIGIN": ",".join(origins)}}


def _without_credentials(shown: dict[str, Any]) -> dict[str, Any]:
    return {"Variables": {**shown["Variables"], "CORS_COOKIES": ""}}


def _without_header(kind: str) -> Fault:
    """Return the fault of a gateway response without the header that allows an origin."""

    @contextmanager
    def fault(place: CheckedPlace) -> Iterator[None]:
        where = {"restApiId": place.api, "responseType": kind}
        good = place.gateway.get_gateway_response(**where)
        kept = {
            name: good[name]
            for name in ("statusCode", "responseParameters", "responseTemplates")
            if good.get(name)
        }
        fewer = {
            name: value
            for name, value in good["responseParameters"].items()
            if not name.endswith("Allow-Origin")
        }
        place.gateway.put_gateway_response(**where, **{**kept, "responseParameters": fewer})
        before = place.deploy()
        try:
            yield
        finally:
            place.gateway.put_gateway_response(**where, **kept)
            place.serve(before)

    return fault


@contextmanager
def _no_preflight(place: CheckedPlace) -> Iterator[None]:
    where = place.method("OPTIONS", "/items")
    good = place.gateway.get_method(**where)
    integration = good["methodIntegration"]
    place.gateway.delete_method(**where)
    try:
        yield
    finally:
        place.gateway.put_method(**where, authorizationType="NONE", apiKeyRequired=False)
        for status, answer in good["methodResponses"].items():
            place.gateway.put_method_response(
                **where, statusCode=status, responseParameters=answer["responseParameters"]
            )
        place.gateway.put_integration(
            **where,
            type="MOCK",
            passthroughBehavior=integration["passthroughBehavior"],
            requestTemplates=integration["requestTemplates"],
        )
        for status, answer in integration["integrationResponses"].items():
            place.gateway.put_integration_response(
                **where,
                statusCode=status,
                responseParameters=answer["responseParameters"],
                responseTemplates=answer["responseTemplates"],
            )


def _other_preflight(change: Callable[[dict[str, str], dict[str, str]], None]) -> Fault:
    """Return the fault of a preflight's answer, of which headers and templates are changed."""

    @contextmanager
    def fault(place: CheckedPlace) -> Iterator[None]:
        where = {**place.method("OPTIONS", "/items/{id}"), "statusCode": "200"}
        answer = place.gateway.get_integration_response(**where)
        good = {name: answer[name] for name in ("responseParameters", "responseTemplates")}
        headers, templates = dict(good["responseParameters"]), dict(good["responseTemplates"])
        change(headers, templates)
        place.gateway.put_integration_response(
            **where, responseParameters=headers, responseTemplates=templates
        )
        try:
            yield
        finally:
            place.gateway.put_integration_response(**where, **good)

    return fault


def _other_age(headers: dict[str, str], _templates: dict[str, str]) -> None:
    headers["method.response.header.Access-Control-Max-Age"] = "'5'"


def _one_origin(_headers: dict[str, str], templates: dict[str, str]) -> None:
    templates.clear()


def _any_origin(_headers: dict[str, str], templates: dict[str, str]) -> None:
    for name, text in templates.items():
        templates[name] = text + text[text.index("#if") :].replace(SECOND, ANY_ORIGIN)


def _no_credentials(headers: dict[str, str], _templates: dict[str, str]) -> None:
    headers.pop("method.response.header.Access-Control-Allow-Credentials")


@contextmanager
def _no_validator(place: CheckedPlace) -> Iterator[None]:
    where = place.method("POST", "/items")
    good = place.gateway.get_method(**where)["requestValidatorId"]

    def put(value: str) -> None:
        patch = [{"op": "replace", "path": "/requestValidatorId", "value": value}]
        place.gateway.update_method(**where, patchOperations=patch)

    put("")
    try:
        yield
    finally:
        put(good)


@contextmanager
def _query_optional(place: CheckedPlace) -> Iterator[None]:
    where = place.method("GET", "/search")

    def put(value: str) -> None:
        path = "/requestParameters/method.request.querystring.q"
        patch = [{"op": "replace", "path": path, "value": value}]
        place.gateway.update_method(**where, patchOperations=patch)

    put("false")
    try:
        yield
    finally:
        put("true")


def _of_plan(path: str, bad: str, good: str) -> Fault:
    @contextmanager
    def fault(place: CheckedPlace) -> Iterator[None]:
        def put(value: str) -> None:
            patch = [{"op": "replace", "path": path, "value": value}]
            place.gateway.update_usage_plan(usagePlanId=place.plan, patchOperations=patch)

        put(bad)
        try:
            yield
        finally:
            put(good)

    return fault


@contextmanager
def _faster_stage(place: CheckedPlace) -> Iterator[None]:
    place.patch_stage("replace", "/*/*/throttling/rateLimit", "5000")
    try:
        yield
    finally:
        place.patch_stage("replace", "/*/*/throttling/rateLimit", "1000")


@contextmanager
def _faster_route(place: CheckedPlace) -> Iterator[None]:
    place.patch_stage("replace", "/~1search/GET/throttling/rateLimit", "5000")
    try:
        yield
    finally:
        place.patch_stage("replace", "/~1search/GET/throttling/rateLimit", "500")


@contextmanager
def _unlimited_route(place: CheckedPlace) -> Iterator[None]:
    place.patch_stage("remove", "/~1search/GET")
    try:
        yield
    finally:
        place.patch_stage("replace", "/~1search/GET/throttling/rateLimit", "500")
        place.patch_stage("replace", "/~1search/GET/throttling/burstLimit", "900")


@contextmanager
def _no_access_log(place: CheckedPlace) -> Iterator[None]:
    good = place.gateway.get_stage(**place.stage)["accessLogSettings"]
    place.patch_stage("remove", "/accessLogSettings")
    try:
        yield
    finally:
        place.patch_stage("replace", "/accessLogSettings/destinationArn", good["destinationArn"])
        place.patch_stage("replace", "/accessLogSettings/format", good["format"])


def _of_events(**changed: Any) -> Fault:
    """Return the fault of settings of asynchronous events."""

    @contextmanager
    def fault(place: CheckedPlace) -> Iterator[None]:
        where = {"FunctionName": FUNCTION, "Qualifier": "live"}
        put = place.functions.put_function_event_invoke_config
        good = {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 3600}
        put(**where, **{**good, **changed})
        try:
            yield
        finally:
            put(**where, **good)

    return fault


_ELSEWHERE: Final = "arn:aws:sqs:us-east-1:000000000000:elsewhere"
_FREE: Final = ("/authorizationType", "NONE")
_KEYLESS: Final = ("/apiKeyRequired", "false", "true")
_NO_QUEUE: Final = _published("DeadLetterConfig", lambda _: {"TargetArn": ""})

MUTANTS: Final = (
    Mutant(
        "POST /items needs no key, deployed",
        _patched("POST", "/items", *_KEYLESS, deploy=True),
        frozenset({"key-missing"}),
    ),
    Mutant(
        "DELETE /items/{id} needs no key, deployed",
        _patched("DELETE", "/items/{id}", *_KEYLESS, deploy=True),
        frozenset({"key-missing"}),
    ),
    Mutant(
        "GET /items needs no key",
        _patched("GET", "/items", *_KEYLESS, deploy=True),
        frozenset({"key-missing", "key-wrong"}),
    ),
    Mutant(
        "GET /items/{id} needs a key, deployed",
        _patched("GET", "/items/{id}", *_KEYLESS[:1], "true", "false", deploy=True),
        frozenset({"public"}),
    ),
    Mutant(
        "GET /mine asks for no token, deployed",
        _patched("GET", "/mine", *_FREE, "COGNITO_USER_POOLS", deploy=True),
        frozenset({"auth-missing"}),
    ),
    Mutant(
        "DELETE /mine asks for no token, deployed",
        _patched("DELETE", "/mine", *_FREE, "COGNITO_USER_POOLS", deploy=True),
        frozenset({"auth-missing"}),
    ),
    Mutant(
        "GET /signed takes requests without a signature, deployed",
        _patched("GET", "/signed", *_FREE, "AWS_IAM", deploy=True),
        frozenset({"auth-missing"}),
    ),
    Mutant("the key is not in the usage plan", _key_outside_plan, frozenset({"key-right"})),
    Mutant("the stage is not in the usage plan", _stage_outside_plan, frozenset({"key-right"})),
    Mutant("the key is disabled", _key_disabled, frozenset({"key-right"})),
    Mutant(
        "API Gateway may not call the alias", _no_permission, frozenset({"key-right", "public"})
    ),
    Mutant("a route `ANY /{proxy+}`, deployed", _one_more_route, frozenset({"route-unknown"})),
    Mutant(
        "the function's CORS_ORIGIN is empty, published",
        _published("Environment", _without_origin),
        frozenset({"cors-answer"}),
    ),
    Mutant(
        "the function allows the first origin alone, published",
        _published("Environment", _allowing(ORIGIN)),
        frozenset({"cors-answer"}),
    ),
    Mutant(
        "the function allows one origin more, published",
        _published("Environment", _allowing(ORIGIN, SECOND, ANY_ORIGIN)),
        frozenset({"cors-answer"}),
    ),
    Mutant(
        "the function sends no credentials header, published",
        _published("Environment", _without_credentials),
        frozenset({"cors-answer"}),
    ),
    Mutant(
        "DEFAULT_4XX without allow-origin, deployed",
        _without_header("DEFAULT_4XX"),
        frozenset({"cors-refusal", "auth-missing"}),
    ),
    Mutant(
        "INVALID_API_KEY without allow-origin, deployed",
        _without_header("INVALID_API_KEY"),
        frozenset({"cors-refusal"}),
    ),
    Mutant(
        "DEFAULT_5XX without allow-origin, deployed",
        _without_header("DEFAULT_5XX"),
        frozenset({"cors-5xx"}),
    ),
    Mutant("no OPTIONS of /items", _no_preflight, frozenset({"preflight"})),
    Mutant(
        "OPTIONS of /items needs a key",
        _patched("OPTIONS", "/items", *_KEYLESS[:1], "true", "false", deploy=False),
        frozenset({"preflight"}),
    ),
    Mutant("max-age of /items/{id} is 5", _other_preflight(_other_age), frozenset({"preflight"})),
    Mutant(
        "preflights of /items/{id} name the first origin alone",
        _other_preflight(_one_origin),
        frozenset({"preflight"}),
    ),
    Mutant(
        "preflights of /items/{id} name one origin more",
        _other_preflight(_any_origin),
        frozenset({"preflight"}),
    ),
    Mutant(
        "preflights of /items/{id} without credentials",
        _other_preflight(_no_credentials),
        frozenset({"preflight"}),
    ),
    Mutant("POST /items has no validator", _no_validator, frozenset({"body-refused"})),
    Mutant(
        "BAD_REQUEST_BODY without allow-origin, deployed",
        _without_header("BAD_REQUEST_BODY"),
        frozenset({"body-refused"}),
    ),
    Mutant("q of GET /search is optional", _query_optional, frozenset({"query-refused"})),
    Mutant(
        "the usage plan's rate is 5000",
        _of_plan("/throttle/rateLimit", "5000", "1000"),
        frozenset({"throttle"}),
    ),
    Mutant(
        "the usage plan's quota is 5000",
        _of_plan("/quota/limit", "5000", "100000"),
        frozenset({"throttle"}),
    ),
    Mutant("the stage's rate is 5000", _faster_stage, frozenset({"throttle"})),
    Mutant("the rate of GET /search is 5000", _faster_route, frozenset({"throttle"})),
    Mutant("GET /search has no limit of its own", _unlimited_route, frozenset({"throttle"})),
    Mutant("the access log is off", _no_access_log, frozenset({"access-log"})),
    Mutant(
        "the function logs to another group, published",
        _published("LoggingConfig", lambda shown: {**shown, "LogGroup": "/elsewhere"}),
        frozenset({"function-log"}),
    ),
    Mutant("no dead-letter queue, published", _NO_QUEUE, frozenset({"dead-letters"})),
    Mutant(
        "events are tried three times",
        _of_events(MaximumRetryAttempts=2),
        frozenset({"dead-letters"}),
    ),
    Mutant(
        "failed events go to another queue too",
        _of_events(DestinationConfig={"OnFailure": {"Destination": _ELSEWHERE}}),
        frozenset({"dead-letters"}),
    ),
    Mutant(
        "no dead-letter queue, published",
        _NO_QUEUE,
        frozenset({"dead-letters", "poison"}),
        deep=True,
    ),
)
