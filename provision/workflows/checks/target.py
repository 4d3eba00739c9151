"""Finds what the checks are about: the promises of config.yaml, and the ids of the deployed API."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from provision import LOCAL_ENVIRONMENT
from provision.errors import NotFound
from provision.model.stack import Stack
from provision.model.step import Step
from provision.stack.inputs import StackInputs
from provision.stack.outputs import outputs
from provision.steps.apigateway.api_key import ApiKey
from provision.steps.apigateway.rest_api.api import RestApi
from provision.steps.apigateway.rest_api.contents import Route
from provision.steps.apigateway.usage_plan import UsagePlan
from provision.unknown import is_known
from provision.workflows.logs.sources import LogSource, log_sources
from provision.workflows.rotate_keys import KEY, PLAN

_VARIABLE: Final = re.compile(r"\{[^{}]*\}")


@dataclass(frozen=True)
class CheckTarget:
    """The deployed stack: what config.yaml wants of it, and where it is.

    `api` is the wanted API. `name` exists nowhere in the stack: paths are filled with it.
    """

    inputs: StackInputs
    stack: Stack
    api: RestApi
    api_id: str
    endpoint: str
    plan_id: str
    key_ids: tuple[str, ...]
    logs: tuple[LogSource, ...]
    name: str

    @property
    def on_local(self) -> bool:
        return self.inputs.config.environment == LOCAL_ENVIRONMENT

    @property
    def routes(self) -> tuple[Route, ...]:
        return self.api.routes

    @property
    def stage(self) -> str:
        return self.inputs.config.api.stage

    @property
    def own_address(self) -> str:
        """AWS's own address of the API."""
        return self.inputs.invoke_url(self.api_id, self.stage)

    def path(self, template: str) -> str:
        """Return a path of a route with each variable replaced by a name that exists nowhere."""
        return _VARIABLE.sub(self.name, template)

    def path_with_query(self, route: Route) -> str:
        """Return the path of a route with the query parameters that it requires."""
        query = urlencode(dict.fromkeys(route.query, self.name))
        return f"{self.path(route.path)}{'?' if query else ''}{query}"

    def route(self, label: str) -> Route:
        """Return the route by its label, such as `GET /items`."""
        return next(route for route in self.routes if route.label == label)

    def function_of(self, route: Route) -> str:
        """Return the function behind a route, as config.yaml names it."""
        parts = self.inputs.config.api.route_list
        return next(p.function for p in parts if (p.method, p.path) == (route.method, route.path))

    def aws_function(self, function: str) -> str:
        """Return the name in AWS of a function."""
        return self.inputs.aws_name("function", function)


def find_target(inputs: StackInputs, stack: Stack, steps: Mapping[str, Step]) -> CheckTarget:
    """Return the target. Raises `NotFound` if there is no API to ask."""
    wanted = stack.nodes["api"].build({})
    assert isinstance(wanted, RestApi)
    api, plan = steps.get("api"), steps.get(PLAN)
    if not isinstance(api, RestApi) or not is_known(api.id) or "api.stage" not in steps:
        raise NotFound(
            f"{stack.name} has no deployed API to check", hint="`provision up` deploys it"
        )
    names = [f"{KEY}{name}" for name in inputs.config.api.keys]
    keys = [step for name in names if isinstance(step := steps.get(name), ApiKey)]
    return CheckTarget(
        inputs,
        stack,
        wanted,
        api.id,
        outputs(inputs, steps)["api_endpoint"],
        plan.id if isinstance(plan, UsagePlan) else "",
        tuple(key_id for key in keys for key_id in key.ids if is_known(key_id)),
        tuple(log_sources(steps)),
        f"provision-check-{secrets.token_hex(4)}",
    )
