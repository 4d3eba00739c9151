"""Laws of API Gateway's control plane: rates, concurrent and repeated writes, and order.

Domain names are in domains.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.faults.aws_behaviours.frame import Call, Law, Refusal, World
from tests.faults.aws_behaviours.wire import Answer

BUSY = "Unable to complete operation due to concurrent modification. Please try again later."


def bad(text: str) -> Refusal:
    return Refusal("BadRequestException", text, 400)


def conflict(text: str) -> Refusal:
    return Refusal("ConflictException", text, 409)


def patches(call: Call) -> Iterator[tuple[str, str, str]]:
    for patch in call.params.get("patchOperations", []):
        yield patch["op"], patch["path"], patch.get("value", "")


@dataclass
class Tokens:
    """A token bucket: full at first, refilled with so many tokens in so many seconds."""

    size: float
    seconds: float
    left: float
    since: float

    def take(self, now: float) -> bool:
        self.left = min(self.size, self.left + (now - self.since) * self.size / self.seconds)
        self.since = now
        if self.left < 1 - 1e-6:
            return False
        self.left -= 1
        return True


class Rates(Law):
    """The published rates of the account, above which calls are refused at once (A2).

    Our rate limiter keeps them, so that our clients never meet this law.
    """

    ROW = "A1"
    ALSO = frozenset({"A2"})
    SERVICE = "apigateway"
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
    RATES = {
        "CreateRestApi": (1, 3),
        "ImportRestApi": (1, 3),
        "PutRestApi": (1, 1),
        "CreateResource": (5, 1),
        "DeleteResource": (5, 1),
        "GetResources": (5, 2),
        "CreateDeployment": (1, 5),
        "CreateDomainName": (1, 30),
        "UpdateDomainName": (1, 30),
        "DeleteDomainName": (1, 30),
        "UpdateUsagePlan": (1, 20),
        "UpdateAccount": (1, 20),
        "CreateApiKey": (5, 1),
        "DeleteApiKey": (5, 1),
        "DeleteRestApi": (1, 30),
    }

    def __init__(self) -> None:
        self.buckets: dict[str, Tokens] = {}

    def before(self, call: Call, world: World) -> Refusal | None:
        now = world.now()
        everything = self.buckets.setdefault("", Tokens(40, 4, 40, now))
        size, seconds = self.RATES.get(call.operation, (1e9, 1))
        own = self.buckets.setdefault(call.operation, Tokens(size, seconds, size, now))
        if everything.take(now) and own.take(now):
            return None
        return Refusal("TooManyRequestsException", "Too Many Requests", 429)


class OneWriteAtATime(Law):
    """Two writes on one API within a second may conflict."""

    ROW = "A3"
    SERVICE = "apigateway"

    def __init__(self, chance: float = 0.1) -> None:
        self.chance = chance
        self.written: dict[str, float] = {}

    def before(self, call: Call, world: World) -> Refusal | None:
        api = call.params.get("restApiId")
        if not call.write or api is None:
            return None
        recent = world.now() - self.written.get(api, -10) < 1
        self.written[api] = world.now()
        return conflict(BUSY) if recent and world.chance(self.chance) else None


class NamesCollide(Law):
    """The same code means that a resource exists: a retry does not help."""

    ROW = "A4"
    SERVICE = "apigateway"
    OPERATIONS = frozenset(
        {"CreateResource", "DeleteResource", "PutMethod", "DeleteMethod", "DeleteRestApi"}
    )

    def __init__(self) -> None:
        self.resources: dict[tuple[str, str, str], str] = {}
        self.methods: set[tuple[str, str, str]] = set()

    def before(self, call: Call, world: World) -> Refusal | None:
        given = call.params
        if call.operation == "CreateResource":
            place = (given["restApiId"], given["parentId"], given["pathPart"])
            if place in self.resources:
                return conflict("Another resource with the same parent already has this name")
        elif call.operation == "PutMethod" and self._method(call) in self.methods:
            return conflict("Method already exists for this resource")
        return None

    def after(self, call: Call, answer: Answer, world: World) -> None:
        given = call.params
        if call.operation == "CreateResource":
            place = (given["restApiId"], given["parentId"], given["pathPart"])
            self.resources[place] = answer["id"]
        elif call.operation == "DeleteResource":
            gone = given["resourceId"]
            self.resources = {place: id_ for place, id_ in self.resources.items() if id_ != gone}
            self.methods = {method for method in self.methods if method[1] != gone}
        elif call.operation == "PutMethod":
            self.methods.add(self._method(call))
        elif call.operation == "DeleteMethod":
            self.methods.discard(self._method(call))

    def _method(self, call: Call) -> tuple[str, str, str]:
        given = call.params
        return given["restApiId"], given["resourceId"], given["httpMethod"]


class AuthorizersAreReferredTo(Law):
    """An authorizer's name is unique in its API, and one that a method refers to stays."""

    ROW = "A48"
    SERVICE = "apigateway"

    OPERATIONS = frozenset(
        {"CreateAuthorizer", "DeleteAuthorizer", "PutMethod", "DeleteMethod", "DeleteResource"}
    )

    def __init__(self) -> None:
        self.names: dict[str, tuple[str, str]] = {}
        self.used: dict[tuple[str, str], str] = {}

    def before(self, call: Call, world: World) -> Refusal | None:
        given = call.params
        if call.operation == "CreateAuthorizer":
            if (given["restApiId"], given["name"]) in self.names.values():
                return bad(
                    f"Authorizer name must be unique. Authorizer {given['name']} already exists in"
                    " this RestApi."
                )
        elif call.operation == "DeleteAuthorizer":
            for (_, verb), authorizer in self.used.items():
                if authorizer == given["authorizerId"]:
                    return conflict(
                        f"Cannot delete authorizer '{authorizer}', is referenced in method: {verb}/"
                    )
        return None

    def after(self, call: Call, answer: Answer, world: World) -> None:
        given = call.params
        if call.operation == "CreateAuthorizer":
            self.names[answer["id"]] = (given["restApiId"], given["name"])
        elif call.operation == "DeleteAuthorizer":
            self.names.pop(given["authorizerId"], None)
        elif call.operation == "DeleteResource":
            gone = given["resourceId"]
            self.used = {place: one for place, one in self.used.items() if place[0] != gone}
        elif call.operation == "PutMethod" and "authorizerId" in given:
            self.used[given["resourceId"], given["httpMethod"]] = given["authorizerId"]
        else:
            self.used.pop((given["resourceId"], given["httpMethod"]), None)


class ResponsesNeedTheirMethod(Law):
    """Method responses may fail temporarily, an integration response without one permanently."""

    ROW = "A10"
    SERVICE = "apigateway"
    OPERATIONS = frozenset({"PutMethodResponse", "PutIntegrationResponse"})

    def __init__(self, chance: float = 0.2) -> None:
        self.chance = chance
        self.known: set[tuple[Any, ...]] = set()

    def before(self, call: Call, world: World) -> Refusal | None:
        if call.operation == "PutMethodResponse":
            return conflict(BUSY) if world.chance(self.chance) else None
        if self._key(call) not in self.known:
            return bad(
                "Invalid mapping expression specified: Validation Result: warnings : [], errors :"
                " [No method response exists for method.]"
            )
        return None

    def after(self, call: Call, answer: Answer, world: World) -> None:
        self.known.add(self._key(call))

    def _key(self, call: Call) -> tuple[Any, ...]:
        names = ("restApiId", "resourceId", "httpMethod", "statusCode")
        return tuple(call.params[name] for name in names)


class StagesHoldDeployments(Law):
    ROW = "A12"
    SERVICE = "apigateway"
    OPERATIONS = frozenset({"CreateStage", "UpdateStage", "DeleteStage", "DeleteDeployment"})

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], str] = {}

    def before(self, call: Call, world: World) -> Refusal | None:
        given = call.params
        used = [held for (api, _), held in self.held.items() if api == given["restApiId"]]
        if call.operation == "DeleteDeployment" and given["deploymentId"] in used:
            return bad("Active stages pointing to this deployment must be moved or deleted")
        return None

    def after(self, call: Call, answer: Answer, world: World) -> None:
        if call.operation == "DeleteDeployment":
            return
        stage = (call.params["restApiId"], call.params["stageName"])
        if call.operation == "DeleteStage":
            self.held.pop(stage, None)
        else:
            self.held[stage] = answer["deploymentId"]


class CanariesServe(Law):
    """A canary is shown with its stage, and serves some callers from its own deployment.

    It is not confirmed that AWS would refuse to delete that deployment, so the law allows it.
    """

    ROW = "A12"
    SERVICE = "apigateway"
    OPERATIONS = frozenset({"CreateStage", "GetStage", "GetStages", "DeleteDeployment"})

    def __init__(self) -> None:
        self.canaries: dict[tuple[str, str], dict[str, Any]] = {}
        self.nowhere: list[str] = []
        """Deployments that were deleted while a canary led to them."""

    def after(self, call: Call, answer: Answer, world: World) -> None:
        api = call.params["restApiId"]
        if call.operation == "CreateStage" and (canary := call.params.get("canarySettings")):
            self.canaries[api, call.params["stageName"]] = canary
        if call.operation == "DeleteDeployment":
            served = {canary["deploymentId"] for canary in self.canaries.values()}
            self.nowhere += served & {call.params["deploymentId"]}
        for stage in answer.get("item", [answer]):
            if canary := self.canaries.get((api, stage.get("stageName", ""))):
                stage["canarySettings"] = canary


class StageIsMadeOnce(Law):
    """A stage's settings are written after it: after a crash in between, the stage exists."""

    ROW = "A14"
    SERVICE = "apigateway"
    OPERATIONS = frozenset({"CreateStage", "DeleteStage", "DeleteRestApi"})

    def __init__(self) -> None:
        self.stages: set[tuple[str, str]] = set()

    def before(self, call: Call, world: World) -> Refusal | None:
        stage = (call.params["restApiId"], call.params.get("stageName", ""))
        if call.operation == "CreateStage" and stage in self.stages:
            return conflict("Stage already exists")
        return None

    def after(self, call: Call, answer: Answer, world: World) -> None:
        stage = (call.params["restApiId"], call.params.get("stageName", ""))
        if call.operation == "CreateStage":
            self.stages.add(stage)
        else:
            self.stages = {one for one in self.stages if one != stage}


class LoggingNeedsTheAccount(Law):
    """A stage logs only with the account's role, which takes effect some time after it is set."""

    ROW = "A15"
    SERVICE = "apigateway"
    OPERATIONS = frozenset({"UpdateAccount", "UpdateStage"})

    def __init__(self) -> None:
        self.effective = float("inf")

    def before(self, call: Call, world: World) -> Refusal | None:
        if call.operation == "UpdateAccount" or world.now() >= self.effective:
            return None
        for op, path, value in patches(call):
            logs = "accessLogSettings" in path or (path.endswith("loglevel") and value != "OFF")
            if logs and op != "remove":
                return bad(
                    "CloudWatch Logs role ARN must be set in account settings to enable logging"
                )
        return None

    def after(self, call: Call, answer: Answer, world: World) -> None:
        if call.operation == "UpdateAccount":
            self.effective = world.now() + world.delay(1, 40)


class LogDestinationIsBare(Law):
    ROW = "A16"
    SERVICE = "apigateway"
    OPERATIONS = frozenset({"UpdateStage"})

    def before(self, call: Call, world: World) -> Refusal | None:
        for _, path, value in patches(call):
            if path == "/accessLogSettings/destinationArn" and value.endswith(":*"):
                return bad(
                    "Access log destination must only contain characters a-z, A-Z, 0-9, '_', '-',"
                    " '/', '.', ':'"
                )
            if path == "/accessLogSettings/format" and not value:
                return bad("Access Log value must not be empty")
        return None


class SettingsGoAsAWhole(Law):
    """One field of a method's settings cannot be removed, only all of them."""

    ROW = "A17"
    SERVICE = "apigateway"
    OPERATIONS = frozenset({"UpdateStage"})
    FIELDS = ("/logging/", "/metrics/", "/throttling/", "/caching/")

    def before(self, call: Call, world: World) -> Refusal | None:
        for op, path, _ in patches(call):
            if op == "remove" and any(field in path for field in self.FIELDS):
                return bad(
                    f"Cannot remove method setting {path} because there is no method setting for"
                    " this method"
                )
        return None


class MethodsHaveOneName(Law):
    """Settings of a method are refused for `ANY` and for a wildcard in one of its two parts."""

    ROW = "A44"
    SERVICE = "apigateway"
    OPERATIONS = frozenset({"UpdateStage"})

    def before(self, call: Call, world: World) -> Refusal | None:
        for _, path, _ in patches(call):
            resource, verb, *setting = path.split("/")[1:] if path.count("/") > 2 else ("", "")
            both = {resource, verb} == {"*"}
            if setting and (verb == "ANY" or (not both and "*" in {resource, verb})):
                return bad(f"Invalid method setting path: {path}")
        return None


class UpdatesOfStagesAreSmall(Law):
    ROW = "A45"
    SERVICE = "apigateway"
    OPERATIONS = frozenset({"UpdateStage"})
    MOST = 80

    def before(self, call: Call, world: World) -> Refusal | None:
        if len(list(patches(call))) > self.MOST:
            return bad(
                "Update size too large. Try updating stage in multiple UpdateStage operations"
            )
        return None


class TagsHaveTheirOwnWay(Law):
    """No patch changes tags, and the ARN for tagging has no account."""

    ROW = "A18"
    SERVICE = "apigateway"
    OPERATIONS = frozenset({"UpdateStage", "UpdateRestApi", "TagResource", "UntagResource"})

    def before(self, call: Call, world: World) -> Refusal | None:
        if arn := call.params.get("resourceArn"):
            return bad("Invalid resource ARN") if arn.split(":")[4] else None
        for _, path, _ in patches(call):
            if path.startswith("/tags"):
                return bad(f"Invalid method setting path: {path}")
        return None


class AccountRoleSpreads(Law):
    """The logging role is refused until its trust and its policy have spread."""

    ROW = "A19"
    SERVICE = "apigateway"
    OPERATIONS = frozenset({"UpdateAccount"})
    ROLES = frozenset({"CreateRole", "PutRolePolicy"})

    def __init__(self) -> None:
        self.effective: dict[str, float] = {}

    def concerns(self, call: Call) -> bool:
        of_iam = call.service == "iam" and call.operation in self.ROLES
        return of_iam or super().concerns(call)

    def before(self, call: Call, world: World) -> Refusal | None:
        for _, path, value in patches(call):
            role = value.rpartition("/")[2]
            if path == "/cloudwatchRoleArn" and world.now() < self.effective.get(role, 0):
                return bad(
                    "The role ARN does not have required permissions configured. Please"
                    " grant trust permission for API Gateway and add the required role"
                    " policy."
                )
        return None

    def after(self, call: Call, answer: Answer, world: World) -> None:
        if call.service == "iam":
            self.effective[call.params["RoleName"]] = world.now() + world.delay(5, 60)


class OneAccountRole(Law):
    """Replacing the account's role is not refused, and takes the logs of every other stack."""

    ROW = "A20"
    SERVICE = "apigateway"
    OPERATIONS = frozenset({"UpdateAccount"})

    def __init__(self) -> None:
        self.role = ""
        self.taken_over: list[str] = []

    def after(self, call: Call, answer: Answer, world: World) -> None:
        role = answer.get("cloudwatchRoleArn", "")
        if self.role and role != self.role:
            self.taken_over.append(self.role)
        self.role = role


class PlansNeedTheirStages(Law):
    """A plan is created only with existing stages; lists of plans show no tags."""

    ROW = "A24"
    SERVICE = "apigateway"
    OPERATIONS = frozenset({"CreateStage", "DeleteStage", "CreateUsagePlan", "GetUsagePlans"})

    def __init__(self) -> None:
        self.stages: set[tuple[str, str]] = set()

    def before(self, call: Call, world: World) -> Refusal | None:
        if call.operation == "CreateUsagePlan":
            for one in call.params.get("apiStages", []):
                if (one["apiId"], one["stage"]) not in self.stages:
                    text = (
                        f"Invalid API Stage {{api: {one['apiId']}, stage: {one['stage']}}}"
                        f" specified for usageplan {call.params['name']}"
                    )
                    return Refusal("NotFoundException", text, 404)
        return None

    def after(self, call: Call, answer: Answer, world: World) -> None:
        if call.operation == "CreateStage":
            self.stages.add((call.params["restApiId"], call.params["stageName"]))
        elif call.operation == "DeleteStage":
            self.stages.discard((call.params["restApiId"], call.params["stageName"]))
        elif call.operation == "GetUsagePlans":
            for plan in answer.get("items", []):
                plan.pop("tags", None)


class StagesArePatchedByName(Law):
    ROW = "A25"
    SERVICE = "apigateway"
    OPERATIONS = frozenset({"UpdateUsagePlan"})

    def before(self, call: Call, world: World) -> Refusal | None:
        for op, path, value in patches(call):
            if path == "/apiStages" and (op == "replace" or ":" not in value):
                return bad("Invalid API Stage specified")
        return None


class PlansHoldStages(Law):
    """A plan with stages is not deleted, and no stage is removed twice."""

    ROW = "A26"
    SERVICE = "apigateway"
    OPERATIONS = frozenset({"CreateUsagePlan", "UpdateUsagePlan", "DeleteUsagePlan"})

    def __init__(self) -> None:
        self.stages: dict[str, set[str]] = {}

    def before(self, call: Call, world: World) -> Refusal | None:
        plan = call.params.get("usagePlanId", "")
        if call.operation == "DeleteUsagePlan" and self.stages.get(plan):
            return bad(
                f"Cannot delete Usage Plan {plan} because there are API Stages associated with it,"
                f" including {min(self.stages[plan])}"
            )
        for op, path, value in patches(call):
            if op == "remove" and path == "/apiStages" and value not in self.stages.get(plan, ()):
                return Refusal("NotFoundException", "Invalid API Stage specified", 404)
        return None

    def after(self, call: Call, answer: Answer, world: World) -> None:
        if call.operation == "CreateUsagePlan":
            given = call.params.get("apiStages", [])
            self.stages[answer["id"]] = {f"{one['apiId']}:{one['stage']}" for one in given}
        elif call.operation == "UpdateUsagePlan":
            held = self.stages.setdefault(call.params["usagePlanId"], set())
            for op, path, value in patches(call):
                if path == "/apiStages":
                    (held.add if op == "add" else held.discard)(value)


class KeysSpread(Law):
    """A key put into a plan is refused by the deployed API for up to two minutes."""

    ROW = "A27"
    SERVICE = "apigateway"
    OPERATIONS = frozenset({"CreateUsagePlanKey"})

    def __init__(self) -> None:
        self.known: dict[str, float] = {}

    def concerns(self, call: Call) -> bool:
        return super().concerns(call) or call.service == "execute-api"

    def before(self, call: Call, world: World) -> Refusal | None:
        if call.service != "execute-api":
            return None
        key = call.params["headers"].get("X-Api-Key", "")
        if world.now() < self.known.get(key, 0):
            return Refusal("ForbiddenException", "Forbidden", 403)
        return None

    def after(self, call: Call, answer: Answer, world: World) -> None:
        self.known[answer.get("value", "")] = world.now() + world.delay(20, 120)


LAWS: tuple[type[Law], ...] = (
    Rates,
    OneWriteAtATime,
    NamesCollide,
    AuthorizersAreReferredTo,
    ResponsesNeedTheirMethod,
    StagesHoldDeployments,
    CanariesServe,
    StageIsMadeOnce,
    LoggingNeedsTheAccount,
    LogDestinationIsBare,
    SettingsGoAsAWhole,
    MethodsHaveOneName,
    UpdatesOfStagesAreSmall,
    TagsHaveTheirOwnWay,
    AccountRoleSpreads,
    OneAccountRole,
    PlansNeedTheirStages,
    StagesArePatchedByName,
    PlansHoldStages,
    KeysSpread,
)
