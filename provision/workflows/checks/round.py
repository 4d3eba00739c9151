"""Holds what one round of checks asks the API and AWS, each thing once."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar, cast

from provision.aws.client import Aws
from provision.aws.concurrency import Once
from provision.aws.rate_limits import Pace
from provision.stack.functions import LIVE
from provision.steps.apigateway.rest_api.contents import Route
from provision.steps.not_found import found_or_none
from provision.workflows.checks.deployed import Deployed, read_deployed
from provision.workflows.checks.http import Caller, HttpAnswer
from provision.workflows.checks.refusable import RefusedRequest, Unprovable, refused_request
from provision.workflows.checks.target import CheckTarget

if TYPE_CHECKING:
    from mypy_boto3_apigateway.type_defs import UsagePlanResponseTypeDef
    from mypy_boto3_lambda.type_defs import FunctionConfigurationResponseTypeDef

T = TypeVar("T")

ANY_ORIGIN: Final = "https://provision-check.example"
"""The origin of requests where config.yaml allows every origin, and that of a page that it does not
list."""


@dataclass
class Traced:
    """A request that reached a function, whose lines are looked for in the logs."""

    route: Route
    answer: HttpAnswer
    invocation: str = ""
    """Lambda's id of the invocation, once the access log has named it."""


@dataclass
class RunMemory:
    """The key's value and the first request of each function, which all rounds of a run share."""

    key: str = field(default="", repr=False)
    traced: dict[str, Traced] = field(default_factory=dict)
    log_pace: Pace | None = None
    """The rate of reading logs, which is the account's."""


class Round:
    """One round of checks. Safe to use from many threads."""

    def __init__(
        self,
        aws: Aws,
        target: CheckTarget,
        caller: Caller,
        own: Caller,
        at: Callable[[str], Caller],
        memory: RunMemory,
    ) -> None:
        self.aws: Final = aws
        self.target: Final = target
        self.caller: Final = caller
        self.own: Final = own
        """A caller of AWS's own address."""
        self._at: Final = at
        self.memory: Final = memory
        self._answers: Once[tuple[str, str], object] = Once()

    # -- what AWS shows ----------------------------------------------------------------------

    @property
    def deployed(self) -> Deployed:
        return self._once("deployed", "", lambda: read_deployed(self.aws, self.target))

    @property
    def plan(self) -> UsagePlanResponseTypeDef | None:
        """The usage plan, or None if it does not exist."""
        plan_id = self.target.plan_id
        get = self.aws.apigateway.get_usage_plan
        return self._once("plan", "", lambda: found_or_none(lambda: get(usagePlanId=plan_id)))

    def configuration(self, function: str) -> FunctionConfigurationResponseTypeDef | None:
        """Return what AWS shows of the live version of a function, or None if there is none."""
        name = self.target.aws_function(function)
        get = self.aws.lambda_.get_function_configuration
        return self._once(
            "configuration",
            function,
            lambda: found_or_none(lambda: get(FunctionName=name, Qualifier=LIVE)),
        )

    # -- what the API answers ----------------------------------------------------------------

    def refused(self, route: Route) -> RefusedRequest | Unprovable:
        """Return a request to the route that API Gateway must refuse, or why there is none."""
        deployed, target = self.deployed, self.target
        return refused_request(
            route,
            target.path_with_query(route),
            deployed.contents,
            target.api.models,
            served=deployed.served,
        )

    @property
    def proven_caller(self) -> Caller | Unprovable:
        """A caller of our API itself, for the key and for bodies, or why there is none.

        The domain's name may lead to another API (`find_way`).
        """
        if self.target.endpoint == self.target.own_address:
            return self.caller
        way = self.deployed.way
        if isinstance(way, Unprovable):
            return way
        return self._at(way) if way else self.own

    def keyless(self, route: Route) -> HttpAnswer | Unprovable:
        """Return the answer to the route without a key, unless the request could write."""
        return self._asked(route, "keyless", {})

    def wrongly_keyed(self, route: Route) -> HttpAnswer | Unprovable:
        """Return the answer to the route with a key of random text."""
        return self._asked(route, "wrong", {"x-api-key": secrets.token_urlsafe(30)})

    def keyed(self, route: Route) -> HttpAnswer | Unprovable:
        """Return the answer to the route with the key if it needs one, which must then be there."""
        if not route.api_key:
            return self.keyless(route)
        return self._asked(route, "keyed", {"x-api-key": self.key})

    def from_origin(self, route: Route, origin: str) -> HttpAnswer | Unprovable:
        """Return the answer to a page of this origin, with the key if the route needs it."""
        key = {"x-api-key": self.key} if route.api_key else {}
        return self._asked(route, f"from {origin}", {"Origin": origin, **key})

    def unknown(self) -> HttpAnswer:
        """Return the answer to a path that is no route."""
        path = f"/{self.target.name}"
        return self._once("unknown", "", lambda: self.caller.get(path, self._origin))

    def preflight(self, path: str, method: str, origin: str = "") -> HttpAnswer:
        """Return the answer to a browser's question before it sends a request."""
        asking = {"Origin": origin} if origin else self._origin
        headers = {**asking, "Access-Control-Request-Method": method}
        filled = self.target.path(path)
        how = f"preflight {origin}".strip()
        return self._once(how, path, lambda: self.caller.options(filled, headers))

    @property
    def key(self) -> str:
        """The value of the first enabled key, asked for once; empty if there is none."""
        return self._once("key", "", self._read_key)

    @property
    def origin(self) -> str:
        """The origin that requests name."""
        cors = self.target.api.cors
        return ANY_ORIGIN if cors is None or cors.origin == "*" else cors.origin

    @property
    def _origin(self) -> dict[str, str]:
        return {"Origin": self.origin} if self.target.api.cors else {}

    def _asked(self, route: Route, how: str, headers: dict[str, str]) -> HttpAnswer | Unprovable:
        sent = {**self._origin, **headers}
        path = self.target.path(route.path)
        if route.method == "GET" and not headers:
            return self._once(how, route.label, lambda: self.caller.get(path, sent))
        caller = self.proven_caller
        if isinstance(caller, Unprovable):
            return caller
        if route.method == "GET":
            return self._once(how, route.label, lambda: caller.get(path, sent))
        request = self.refused(route)
        if isinstance(request, Unprovable):
            return request
        return self._once(how, route.label, lambda: caller.send_refused(request, sent))

    def _read_key(self) -> str:
        for key_id in () if self.memory.key else self.target.key_ids:
            found = found_or_none(
                lambda key_id=key_id: self.aws.apigateway.get_api_key(  # type: ignore[misc]
                    apiKey=key_id, includeValue=True
                )
            )
            if found and found.get("enabled", True):
                self.memory.key = found.get("value", "")
                break
        return self.memory.key

    def _once(self, what: str, of: str, make: Callable[[], T]) -> T:
        return cast("T", self._answers.get((what, of), make))
