"""Laws of API Gateway's answers about an account, an API and its parts."""

from __future__ import annotations

from typing import Any, ClassVar

from tests.faults.aws_behaviours.frame import Call, Law, Refusal, World
from tests.faults.aws_behaviours.rules.apigateway import bad, patches
from tests.faults.aws_behaviours.wire import Answer

TLS = ("securityPolicy", "endpointAccessMode")
UPDATING = (
    "There is already an update in progress. Please wait until the current update finishes before"
    " making another request."
)


class AccountIsUnknown(Law):
    """Where API Gateway was never used, there is no account to show."""

    ROW = "A36"
    SERVICE = "apigateway"
    OPERATIONS = frozenset({"GetAccount", "UpdateAccount"})

    def __init__(self) -> None:
        self.known = False

    def before(self, call: Call, world: World) -> Refusal | None:
        if call.operation == "GetAccount" and not self.known:
            return Refusal("NotFoundException", "Invalid Customer identifier specified", 404)
        return None

    def after(self, call: Call, answer: Answer, world: World) -> None:
        self.known = True


class TlsChangesSlowly(Law):
    """An API without a given policy accepts TLS 1.0, and a change of it takes minutes.

    In the meantime the old policy is shown, and every other write to the API is refused.
    """

    ROW = "A37"
    SERVICE = "apigateway"

    def __init__(self) -> None:
        self.old: dict[str, dict[str, str]] = {}
        self.updated: dict[str, float] = {}

    def before(self, call: Call, world: World) -> Refusal | None:
        busy = world.now() < self.updated.get(call.params.get("restApiId", ""), 0)
        return bad(UPDATING) if busy and call.write else None

    def after(self, call: Call, answer: Answer, world: World) -> None:
        api = answer.get("id", "")
        match call.operation:
            case "CreateRestApi":
                answer["securityPolicy"] = call.params.get("securityPolicy", "TLS_1_0")
                self.old[api] = {name: answer[name] for name in TLS if name in answer}
            case "UpdateRestApi":
                wanted = {path[1:]: value for _, path, value in patches(call) if path[1:] in TLS}
                if wanted:
                    self.updated[api] = world.now() + world.delay(60, 900)
                    answer["apiStatus"] = "UPDATING"
            case "GetRestApi" if world.now() < self.updated.get(api, 0):
                for name in TLS:
                    answer.pop(name, None)
                answer.update(self.old[api], apiStatus="UPDATING")
            case "GetRestApi":
                self.old[api] = {name: answer[name] for name in TLS if name in answer}


class EnhancedNeedsItsMode(Law):
    """A policy of the new kind without an access mode in the same request is refused."""

    ROW = "A38"
    SERVICE = "apigateway"
    OPERATIONS = frozenset(
        {"CreateRestApi", "UpdateRestApi", "CreateDomainName", "UpdateDomainName"}
    )

    def before(self, call: Call, world: World) -> Refusal | None:
        said = {path[1:]: value for _, path, value in patches(call)} or call.params
        if said.get("securityPolicy", "").startswith("SecurityPolicy_"):
            if said.get("endpointAccessMode") not in {"BASIC", "STRICT"}:
                return bad("Endpoint access mode is required for the specified security policy")
        elif said.get("endpointAccessMode"):
            return bad("/endpointAccessMode Invalid request input")
        return None


class PartsAreListedWhole(Law):
    """A stage shows all defaults of its methods once one is set, and lists omit tags.

    The lists are those of domains, keys and plans; a key without a name shows none.
    """

    ROW = "A39"
    SERVICE = "apigateway"
    OPERATIONS = frozenset(
        {"GetStage", "GetStages", "UpdateStage", "GetDomainNames", "GetApiKeys", "GetUsagePlans"}
    )
    DEFAULTS: ClassVar[dict[str, Any]] = {
        "metricsEnabled": False,
        "dataTraceEnabled": False,
        "throttlingBurstLimit": 5000,
        "throttlingRateLimit": 10000.0,
        "cachingEnabled": False,
        "cacheTtlInSeconds": 300,
        "cacheDataEncrypted": False,
        "requireAuthorizationForCacheControl": True,
        "unauthorizedCacheControlHeaderStrategy": "SUCCEED_WITH_RESPONSE_HEADER",
    }

    def after(self, call: Call, answer: Answer, world: World) -> None:
        if call.operation in {"GetStage", "GetStages", "UpdateStage"}:
            for stage in answer.get("item", [answer] if "stageName" in answer else []):
                stage.setdefault("variables", {})
                for settings in stage.get("methodSettings", {}).values():
                    for name, value in self.DEFAULTS.items():
                        settings.setdefault(name, value)
            return
        for item in answer.get("items", []):
            item.pop("tags", None)
            if not item.get("name"):
                item.pop("name", None)


class EveryResponseIsListed(Law):
    """An unset gateway response is listed with the values it would have."""

    ROW = "A40"
    SERVICE = "apigateway"
    OPERATIONS = frozenset({"GetGatewayResponses"})
    UNSET: ClassVar[dict[str, str]] = {
        "ACCESS_DENIED": "403",
        "API_CONFIGURATION_ERROR": "500",
        "AUTHORIZER_CONFIGURATION_ERROR": "500",
        "AUTHORIZER_FAILURE": "500",
        "BAD_REQUEST_BODY": "400",
        "BAD_REQUEST_PARAMETERS": "400",
        "EXPIRED_TOKEN": "403",
        "INTEGRATION_FAILURE": "504",
        "INTEGRATION_TIMEOUT": "504",
        "INVALID_API_KEY": "403",
        "INVALID_SIGNATURE": "403",
        "MISSING_AUTHENTICATION_TOKEN": "403",
        "QUOTA_EXCEEDED": "429",
        "REQUEST_TOO_LARGE": "413",
        "RESOURCE_NOT_FOUND": "404",
        "THROTTLED": "429",
        "UNAUTHORIZED": "401",
        "UNSUPPORTED_MEDIA_TYPE": "415",
        "WAF_FILTERED": "403",
    }

    def after(self, call: Call, answer: Answer, world: World) -> None:
        """Add unset responses, with the values they inherit from DEFAULT_4XX or DEFAULT_5XX."""
        items = answer.setdefault("items", [])
        there = {item["responseType"]: item for item in items}
        for kind, status in self.UNSET.items():
            if kind in there:
                continue
            heir = there.get(f"DEFAULT_{status[0]}XX", {})
            items.append(
                {
                    "responseType": kind,
                    "statusCode": status,
                    "responseParameters": dict(heir.get("responseParameters", {})),
                    "responseTemplates": dict(heir.get("responseTemplates", {})),
                    "defaultResponse": True,
                }
            )


LAWS: tuple[type[Law], ...] = (
    AccountIsUnknown,
    TlsChangesSlowly,
    EnhancedNeedsItsMode,
    PartsAreListedWhole,
    EveryResponseIsListed,
)
