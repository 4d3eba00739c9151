"""Lets a preflight of the emulator name one of several origins, as its template says (A47).

MiniStack sends the template of a `MOCK` integration's answer as the body, without reading it. Read
are templates of the form that `provision/steps/apigateway/rest_api/responses.py` makes: headers of
the request as variables, and constants for headers of the answer under a condition.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-override-request-response-parameters.html
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from functools import partial
from typing import Any, Final

Answer = tuple[int, dict[str, Any], bytes]
Execute = Callable[..., Awaitable[Any]]

_HEADERS: ContextVar[Mapping[str, Any]] = ContextVar("headers of the request", default={})  # noqa: B039
_VARIABLE: Final = re.compile(r'#set\(\$(\w+) = \$input\.params\(\)\.header\.get\("([^"]+)"\)\)')
_CONDITION: Final = re.compile(
    r"#if\(([^)]*)\)"
    r'#set\(\$context\.responseOverride\.header\.([\w-]+) = "([^"]*)"\)#end'
)
_EQUAL: Final = re.compile(r'\$(\w+) == "([^"]*)"')
_JSON: Final = "application/json"


def install() -> None:
    """Patch MiniStack. Called once, in the emulator's process, before it serves."""
    gateway: Any = importlib.import_module("ministack.services.apigateway_v1")
    # MiniStack, pinned to one version, has no public interface for it.
    gateway._execute_in_scope = partial(_execute, gateway._execute_in_scope)  # noqa: SLF001
    gateway._invoke_mock_v1 = partial(_mock, gateway._invoke_mock_v1)  # noqa: SLF001


async def _execute(execute: Execute, request: Mapping[str, Any], *arguments: Any) -> Any:
    _HEADERS.set(request["headers"])
    return await execute(request, *arguments)


def _mock(invoke: Callable[[Any], Answer], integration: Mapping[str, Any]) -> Answer:
    status, headers, body = invoke(integration)
    chosen = (integration.get("integrationResponses") or {}).get(str(status)) or {}
    template = (chosen.get("responseTemplates") or {}).get(_JSON) or ""
    if "responseOverride" not in template:
        return status, headers, body
    overridden, rest = rendered(template, _HEADERS.get())
    return status, {**headers, **overridden}, rest.encode()


def rendered(template: str, headers: Mapping[str, Any]) -> tuple[dict[str, str], str]:
    """Return the headers that the template overrides, and the text that is left of it."""
    given = {name.lower(): value for name, value in headers.items()}
    values = {name: given.get(key.lower()) for name, key in _VARIABLE.findall(template)}
    overridden = {
        header: value
        for condition, header, value in _CONDITION.findall(template)
        if any(values.get(name) == text for name, text in _EQUAL.findall(condition))
    }
    return overridden, _CONDITION.sub("", _VARIABLE.sub("", template))
