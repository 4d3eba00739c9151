"""Checks every call of a client against given policies before it is sent, as IAM would."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.conformance.permissions.authorization import Sent, asks
from tests.conformance.permissions.evaluation import Ask, Document, Index, lines
from tests.support.harness import Recorder


class _Answer(NamedTuple):
    status_code: int


@dataclass
class Judged:
    """One call, and the permissions that it needed when it was sent."""

    sent: Sent
    asks: list[Ask]


@dataclass
class Guard(Recorder):
    """Without policies every call is allowed, and only recorded."""

    policies: Sequence[Document] | None = None
    judged: list[Judged] = field(default_factory=list)
    refused: list[Ask] = field(default_factory=list)
    index: Index = field(init=False)

    def __post_init__(self) -> None:
        self.index = Index(lines(self.policies or ()))

    def watch(self, client: Any) -> None:
        events = client.meta.events
        events.register("before-parameter-build.*.*", self._remember)
        events.register_first("before-call.*.*", self._judge)
        super().watch(client)

    def _remember(self, params: Any, context: Any, **_: Any) -> None:
        context["asked_with"] = dict(params)

    def _judge(self, model: Any, params: Any, context: Any, **_: Any) -> Any:
        sent = Sent(
            model.service_model.service_name,
            model.name,
            context["asked_with"],
            params["method"],
            params["url_path"],
        )
        judged = Judged(sent, asks(sent))
        self.judged.append(judged)
        if self.policies is None:
            return None
        refused = [ask for ask in judged.asks if not self.index.allows(ask)]
        if not refused:
            return None
        self.refused += refused
        return _denied(refused[0])


def _denied(ask: Ask) -> Any:
    message = (
        f"User: arn:aws:iam::123456789012:user/deployer is not authorized to perform: {ask.action}"
        f" on resource: {ask.resource} because no identity-based policy allows the {ask.action}"
        " action"
    )
    error = {"Code": "AccessDeniedException", "Message": message}
    return _Answer(403), {"Error": error, "ResponseMetadata": {"HTTPStatusCode": 403}}
