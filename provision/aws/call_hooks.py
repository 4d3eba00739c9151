"""Handles botocore's events around every call: refuses, delays, counts and retries it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from provision.aws.access import READ_PREFIXES, CallCounts
from provision.aws.answer_format import demand_form
from provision.aws.failed_call import parse_failure, succeeded
from provision.aws.rate_limits import RateLimiter
from provision.aws.retry import next_delay, retry_rule_for
from provision.aws.waiting import Waiter
from provision.clock import Clock
from provision.errors import ReadOnlyViolation
from provision.trace import Trace


class CallHooks:
    """The handlers of one `Aws`, one method an event. Safe to use from many threads."""

    def __init__(
        self, clock: Clock, trace: Trace, waiter: Waiter, rate_limiter: RateLimiter | None
    ) -> None:
        self.calls = CallCounts()
        self.new_ids: set[str] = set()
        """Ids and names created in this run: AWS may not find them for a while (V1, I1)."""
        self.iam_written = False
        """Whether this run has written to IAM, which takes effect after a while."""
        self.on_call: Callable[[str, str], None] | None = None
        """Called with the service and operation of every call."""
        self._clock = clock
        self._trace = trace
        self._waiter = waiter
        self._rate_limiter = rate_limiter
        self._readers = 0
        self._mutex = threading.Lock()

    def register(self, client: Any) -> None:
        """Handle the events of every later call of this client."""
        events = client.meta.events
        events.register("before-call.*.*", self.before_call)
        events.register("before-parse.*.*", partial(demand_form, client.meta.endpoint_url))
        events.register("needs-retry.*.*", self.needs_retry)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Refuse every write of every thread while at least one such block is open."""
        with self._mutex:
            self._readers += 1
        try:
            yield
        finally:
            with self._mutex:
                self._readers -= 1

    def before_call(self, model: Any, **_: Any) -> None:
        """Refuse the call, or let it leave when the rate allows, and count it."""
        operation = model.name
        write = not operation.startswith(READ_PREFIXES)
        if write and self._readers:
            raise ReadOnlyViolation(f"{operation} was stopped: this command only reads")
        self._limit_rate(model)
        if write and model.service_model.service_name == "iam":
            self.iam_written = True
        self.calls.count(write=write)
        if self.on_call:
            self.on_call(model.service_model.service_name, operation)

    def needs_retry(
        self,
        response: Any,
        operation: Any,
        caught_exception: BaseException | None,
        request_dict: Mapping[str, Any],
        **_: Any,
    ) -> float | None:
        """Return 0 if botocore, which calls this after each try, must send the request again."""
        if caught_exception is None and succeeded(response):
            return None  # before a body of many megabytes is turned into text
        text = f"{request_dict.get('url_path')} {_as_text(request_dict.get('body'))}"
        failure = parse_failure(operation.name, response, caught_exception, text)
        rule = retry_rule_for(failure, fresh=self.new_ids, iam_fresh=self.iam_written)
        if rule is None:
            return None
        # Each reason has its own budget: an answer may get lost after minutes of another wait.
        waits: dict[str, tuple[float, int]] = request_dict["context"].setdefault("waits", {})
        since, tries = waits.get(rule.name, (self._clock.now(), 0))
        waits[rule.name] = (since, tries + 1)
        spent = self._clock.now() - since
        seconds = next_delay(rule, tries + 1, spent)
        if seconds is None:
            return None
        self.calls.retried += 1
        self._waiter.report_wait(f"waiting for {rule.name}, {spent:.0f} s")
        with self._trace.span(rule.name, "wait"):
            self._clock.sleep(seconds)
        self._limit_rate(operation)
        return 0

    def _limit_rate(self, model: Any) -> None:
        """Wait before every try: AWS also counts the calls that it refuses (A1)."""
        if self._rate_limiter and model.service_model.service_name == "apigateway":
            began = self._trace.now()
            if self._rate_limiter.wait(model.name):
                self._trace.past(f"API Gateway's rate of {model.name}", "wait", began)


def _as_text(body: object) -> str:
    if isinstance(body, bytes):
        return body.decode("utf-8", "replace")
    return body if isinstance(body, str) else json.dumps(body, default=str)
