"""Collects the values that `up` ends with and `outputs` prints, from the steps as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeVar

from provision.aws.access import Location
from provision.model.step import Step
from provision.stack.inputs import StackInputs
from provision.steps.apigateway.api_key import ApiKey
from provision.steps.apigateway.rest_api.api import RestApi
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

    Of several tables, functions and keys, the first has the plain name, and each further one has
    its key appended: `table_name_orders`.
    """
    found: dict[str, str] = {}
    config = inputs.config
    if api := _known(steps.get("api"), RestApi):
        found["api_endpoint"] = inputs.invoke_url(api.id, config.api.stage)
        if config.api.domain and not api.default_endpoint:  # else only AWS's own answers
            found["api_endpoint"] = f"https://{config.api.domain.name}"
    for number, key in enumerate(config.api.keys):
        if api_key := _known(steps.get(f"api.key.{key}"), ApiKey):
            found[output_name("api_key_id", key, number)] = api_key.id
    for number, key in enumerate(config.tables):
        if table := _known(steps.get(f"table.{key}"), Table):
            found[output_name("table_name", key, number)] = table.name
    for number, key in enumerate(config.functions):
        if function := _known(steps.get(f"function.{key}"), Function):
            found[output_name("function_name", key, number)] = function.name
        if alias := _known(steps.get(f"function.{key}.alias"), Alias):
            found[output_name("function_alias_arn", key, number)] = alias.arn
        if queue := _known(steps.get(f"function.{key}.dead_letters"), Queue):
            found[output_name("dead_letter_queue_url", key, number)] = inputs.as_reached(queue.url)
    if "monitoring.dashboard" in steps:
        found["dashboard_url"] = _dashboard_url(
            inputs.location, inputs.name(inputs.location.region)
        )
    return found


def _known(step: Step | None, kind: type[S]) -> S | None:
    return step if isinstance(step, kind) and is_known(step) else None


def output_name(name: str, key: str, number: int) -> str:
    """Return the plain name for the first of its sort, and append the key for each further one."""
    return name if number == 0 else f"{name}_{key}"


def _dashboard_url(where: Location, dashboard: str) -> str:
    console = CONSOLES.get(where.partition, CONSOLES["aws"])
    region = where.region
    return f"https://{region}.{console}/cloudwatch/home?region={region}#dashboards/dashboard/{dashboard}"
