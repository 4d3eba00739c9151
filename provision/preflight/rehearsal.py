"""A connection to AWS that sends nothing: it keeps every request, and answers as AWS would at best.

The steps themselves make the requests, so nothing has to be declared twice. Values that AWS
chooses are answered with others of the same form and length.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from types import SimpleNamespace
from typing import Any, Final, TypeVar

from botocore import xform_name
from botocore.model import OperationModel, ServiceModel

from provision.aws.access import READ_PREFIXES, Access
from provision.aws.client import Aws
from provision.aws.error_classes import ThreadSafeExceptions
from provision.aws.session import model_loader
from provision.aws.waiting import Waiter
from provision.errors import WaitTimeout
from provision.preflight.answers import ABSENT, answer

T = TypeVar("T")

ACCOUNT: Final = "123456789012"
"""The account if config.yaml names none: all accounts have as many digits."""


@dataclass(frozen=True)
class Request:
    """A request that a node would send."""

    node: str
    operation: OperationModel
    parameters: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The operation as a step declares it, such as `iam.CreateRole`."""
        return f"{self.operation.service_model.service_name}.{self.operation.name}"


class _FirstAnswer(Waiter):
    """A waiter that asks once: nothing here takes time, and no later answer would differ."""

    def wait(
        self,
        what: str,
        ready: Callable[[], T | None],
        *,
        budget: float,
        first: float = 0.5,  # noqa: ARG002  (a pause that there is not)
    ) -> T:
        answered = ready()
        if answered is None:
            raise WaitTimeout(f"{what}: nothing else will be answered", hint=f"{budget:.0f} s")
        return answered


class Rehearsal(Aws):
    """An `Aws` that sends nothing, and keeps the writing requests of each node."""

    def __init__(self, region: str, account: str) -> None:
        super().__init__(
            Access(
                region,
                endpoint="http://nowhere.invalid",
                credentials=("nobody", "nothing"),
                rate_limited=False,
                deletes_lag=False,
            )
        )
        self.waiter = _FirstAnswer(self.clock, self.trace)
        self.assume_account(account)
        self.requests: list[Request] = []
        self.node = ""
        self._services: dict[str, Any] = {}

    def _client(self, service: str) -> Any:
        if service not in self._services:
            self._services[service] = self._stand_in(service)
        return self._services[service]

    def _stand_in(self, service: str) -> Any:
        """Return an object with a client's methods, paginators and exceptions."""
        model, exceptions = service_model(service), _exceptions(service)
        calls: dict[str, Any] = {
            xform_name(name): partial(self._call, model, exceptions, name)
            for name in model.operation_names
        }
        return SimpleNamespace(
            **calls,
            exceptions=exceptions,
            get_paginator=lambda name: SimpleNamespace(paginate=partial(_one_page, calls[name])),
        )

    def _call(self, model: ServiceModel, exceptions: Any, name: str, /, **parameters: Any) -> Any:
        operation = model.operation_model(name)
        request = Request(self.node, operation, parameters)
        if not name.startswith(READ_PREFIXES):
            self.requests.append(request)
        if code := ABSENT.get(request.name):
            response = {"Error": {"Code": code, "Message": "nothing is there yet"}}
            raise exceptions.from_code(code)(response, name)
        return answer(request.name, operation, parameters)


@cache
def service_model(service: str) -> ServiceModel:
    return ServiceModel(model_loader(None).load_service_model(service, "service-2"), service)


@cache
def _exceptions(service: str) -> Any:
    return ThreadSafeExceptions().create_client_exceptions(service_model(service))


def _one_page(call: Callable[..., Any], /, **parameters: Any) -> Iterator[Any]:
    parameters.pop("PaginationConfig", None)
    yield call(**parameters)
