"""Collects the values that `up` ends with and `outputs` prints, from the steps as they are."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Final, TypeVar

from provision import LOCAL_ENVIRONMENT
from provision.aws.access import Location
from provision.model.step import Step
from provision.stack.inputs import StackInputs
from provision.steps.apigateway.api_key import ApiKey
from provision.steps.apigateway.rest_api.api import RestApi
from provision.steps.apigateway.rest_api.public import public_routes
from provision.steps.dynamodb.table import Table
from provision.steps.lambda_.alias import Alias
from provision.steps.lambda_.function import Function
from provision.steps.sqs.queue import Queue
from provision.unknown import is_known

S = TypeVar("S", bound=Step)

CONSOLES: Final = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}


def outputs(inputs: StackInputs, steps: Mapping[str, Step]) -> dict[str, str]:
    """Return names, ids and addresses, but never an API key's value.

    Those of tables, functions and keys are named as in `output_names`; `public_routes` is there
    only if a route needs no key.
    """
    found: dict[str, str] = {}
    config = inputs.config
    if api := _known(steps.get("api"), RestApi):
        found["api_endpoint"] = inputs.invoke_url(api.id, config.api.stage)
        if config.api.domain and not api.default_endpoint:  # else only AWS's own answers
            found["api_endpoint"] = f"https://{config.api.domain.name}"
        if public := public_routes(api.routes):
            found["public_routes"] = ", ".join(route.label for route in public)
    for key in config.api.keys:
        if api_key := _known(steps.get(f"api.key.{key}"), ApiKey):
            found |= dict.fromkeys(output_names("api_key_id", key, config.api.keys), api_key.id)
    for key in config.tables:
        if table := _known(steps.get(f"table.{key}"), Table):
            found |= dict.fromkeys(output_names("table_name", key, config.tables), table.name)
    for key in config.functions:
        for name, value in _of_function(inputs, steps, key):
            found |= dict.fromkeys(output_names(name, key, config.functions), value)
    if "monitoring.dashboard" in steps and config.environment != LOCAL_ENVIRONMENT:
        found["dashboard_url"] = _dashboard_url(
            inputs.location, inputs.name(inputs.location.region)
        )
    return found


def _known(step: Step | None, kind: type[S]) -> S | None:
    return step if isinstance(step, kind) and is_known(step) else None


def _of_function(
    inputs: StackInputs, steps: Mapping[str, Step], key: str
) -> Iterator[tuple[str, str]]:
    if function := _known(steps.get(f"function.{key}"), Function):
        yield "function_name", function.name
    if alias := _known(steps.get(f"function.{key}.alias"), Alias):
        yield "function_alias_arn", alias.arn
    if queue := _known(steps.get(f"function.{key}.dead_letters"), Queue):
        yield "dead_letter_queue_url", inputs.as_reached(queue.url)


def output_names(short: str, key: str, keys: Collection[str]) -> tuple[str, ...]:
    """Return the names of an output: `table_names.orders`, and `table_name` if there is one table.

    `keys` are all of its sort in config.yaml, so that no name depends on their order, nor on what
    exists already.
    """
    named = f"{short}s.{key}"
    return (short, named) if len(keys) == 1 else (named,)


def each_once(outputs: Mapping[str, str]) -> dict[str, str]:
    """Return the outputs without those that have a short name as well."""
    return {
        name: value
        for name, value in outputs.items()
        if "." not in name or name.partition(".")[0].removesuffix("s") not in outputs
    }


def _dashboard_url(where: Location, dashboard: str) -> str:
    console = CONSOLES.get(where.partition, CONSOLES["aws"])
    region = where.region
    return f"https://{region}.{console}/cloudwatch/home?region={region}#dashboards/dashboard/{dashboard}"
