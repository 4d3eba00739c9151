"""Provides the typed AWS clients; every call is counted, rate-limited, and retried or refused."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import boto3
import botocore.session
from botocore.exceptions import ClientError

from provision.aws.access import (
    READ_PREFIXES,
    Access,
    CallCounts,
    Location,
    dns_suffix,
    location_of,
)
from provision.aws.answer_format import demand_form
from provision.aws.call_tracing import trace_calls
from provision.aws.concurrency import Once
from provision.aws.credentials import sign_in
from provision.aws.error_classes import ThreadSafeExceptions
from provision.aws.failed_call import parse_failure, succeeded
from provision.aws.lambda_upload import upload_zips_directly
from provision.aws.rate_limits import RateLimiter
from provision.aws.regions import region_disabled
from provision.aws.retry import next_delay, retry_rule_for
from provision.aws.session import client_config, new_botocore_session, patience
from provision.clock import Clock
from provision.errors import ReadOnlyViolation, WaitTimeout
from provision.trace import Trace

if TYPE_CHECKING:
    from mypy_boto3_acm import ACMClient
    from mypy_boto3_apigateway import APIGatewayClient
    from mypy_boto3_application_autoscaling import ApplicationAutoScalingClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_resourcegroupstaggingapi import ResourceGroupsTaggingAPIClient
    from mypy_boto3_route53 import Route53Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sts import STSClient
    from mypy_boto3_wafv2 import WAFV2Client


C = TypeVar("C")
T = TypeVar("T")

Waiting = Callable[[str], None]


class _Client(Generic[C]):
    """A boto3 client of one service, created on first use."""

    def __init__(self, service: str) -> None:
        self._service = service

    def __get__(self, aws: Aws, owner: type[Aws]) -> C:
        client: C = aws._client(self._service)  # noqa: SLF001  (a part of that class)
        return client


class Aws:
    """The clients and the location of one account and region. Safe to use from many threads."""

    acm: _Client[ACMClient] = _Client("acm")
    apigateway: _Client[APIGatewayClient] = _Client("apigateway")
    autoscaling: _Client[ApplicationAutoScalingClient] = _Client("application-autoscaling")
    cloudwatch: _Client[CloudWatchClient] = _Client("cloudwatch")
    dynamodb: _Client[DynamoDBClient] = _Client("dynamodb")
    ec2: _Client[EC2Client] = _Client("ec2")
    iam: _Client[IAMClient] = _Client("iam")
    kms: _Client[KMSClient] = _Client("kms")
    lambda_: _Client[LambdaClient] = _Client("lambda")
    logs: _Client[CloudWatchLogsClient] = _Client("logs")
    route53: _Client[Route53Client] = _Client("route53")
    sns: _Client[SNSClient] = _Client("sns")
    sqs: _Client[SQSClient] = _Client("sqs")
    sts: _Client[STSClient] = _Client("sts")
    wafv2: _Client[WAFV2Client] = _Client("wafv2")
    tagging: _Client[ResourceGroupsTaggingAPIClient] = _Client("resourcegroupstaggingapi")

    def __init__(
        self,
        access: Access,
        *,
        clock: Clock | None = None,
        core: botocore.session.Session | None = None,
        trace: Trace | None = None,
    ) -> None:
        self.access = access
        self.trace = trace or Trace()
        self.clock = clock or Clock()
        self.calls = CallCounts()
        self.read_only = False
        self.new_ids: set[str] = set()
        """Ids and names created in this run: AWS may not find them for a while (V1, I1)."""
        self.iam_written = False
        self._rate_limiter = RateLimiter(self.clock) if access.rate_limited else None
        self._core = core or new_botocore_session(access)
        self._session = boto3.Session(botocore_session=self._core, region_name=access.region)
        self._config = client_config(self._core, access)
        self._errors = ThreadSafeExceptions()
        self._clients: Once[str, Any] = Once()
        self._making = threading.Lock()
        self._where: Location | None = None
        self._listeners: dict[int, Waiting] = {}
        self.on_call: Callable[[str, str], None] | None = None
        """Called with the service and operation of every call."""

    # -- facts -------------------------------------------------------------------------------

    @property
    def location(self) -> Location:
        """The location, read from STS once a run unless `assume_account` was called.

        That happens while the stack is opened, in the thread that opens it.
        """
        if self._where is None:
            self._where = self.fetch_location()
        return self._where

    def sign_in(self) -> None:
        """Find the credentials. Must be called in the main thread, before other threads need them.

        The profile may need a one-time code, and other threads would wait for it meanwhile. If
        there are no credentials, the first call reports it.
        """
        if not self.access.credentials:
            sign_in(self._core)

    def fetch_location(self) -> Location:
        try:
            identity = self.sts.get_caller_identity()
        except ClientError as error:
            raise region_disabled(error, self._core, self.access.region) or error from error
        partition = identity["Arn"].split(":")[1]
        suffix = dns_suffix(self._core, partition)
        return Location(identity["Account"], self.access.region, partition, suffix)

    def assume_account(self, account: str) -> None:
        """Assume this account without asking STS. The caller checks it with the first answer."""
        self._where = location_of(self._core, account, self.access.region)

    # -- waiting -----------------------------------------------------------------------------

    def wait(
        self, what: str, ready: Callable[[], T | None], *, budget: float, first: float = 0.5
    ) -> T:
        """Call `ready` until it returns something, with growing pauses up to 10 s.

        Raises `WaitTimeout` after `budget` seconds, `Interrupted` when the user asks to stop.
        """
        began = self.clock.now()
        delay = first
        with self.trace.span(what, "wait"):
            while (answer := ready()) is None:
                spent = self.clock.now() - began
                if spent >= budget:
                    raise WaitTimeout(
                        f"still waiting for {what} after {spent:.0f} s",
                        hint="AWS goes on with it; run the same command again to go on from here",
                    )
                self.report_wait(f"{what}, {spent:.0f} s")
                self.clock.sleep(min(delay, budget - spent))
                delay = min(delay * 1.6, 10)
            return answer

    def on_wait(self, waiting: Waiting | None) -> None:
        """Report the waits of this thread to a listener, until called with None."""
        if waiting:
            self._listeners[threading.get_ident()] = waiting
        else:
            self._listeners.pop(threading.get_ident(), None)

    def report_wait(self, what: str) -> None:
        if listener := self._listeners.get(threading.get_ident()):
            listener(what)

    # -- clients -----------------------------------------------------------------------------

    def _client(self, service: str) -> Any:
        return self._clients.get(service, partial(self._new_client, service))

    def _new_client(self, service: str) -> Any:
        key, secret = self.access.credentials or (None, None)
        with self.trace.span(f"client {service}", "client"):
            with self._making:  # an SDK session cannot create two at a time
                client = self._session.client(  # type: ignore[call-overload]  # by any name
                    service,
                    endpoint_url=self.access.endpoint,
                    aws_access_key_id=key,
                    aws_secret_access_key=secret,
                    config=patience(self._config, service),
                )
            self._register_hooks(client)
            if service == "lambda":
                upload_zips_directly(client)
            client._exceptions_factory = self._errors  # noqa: SLF001  (botocore offers no other way)
        return client

    def _register_hooks(self, client: Any) -> None:
        events = client.meta.events
        events.register("before-call.*.*", self._before_call)
        events.register("before-parse.*.*", partial(demand_form, client.meta.endpoint_url))
        events.register("needs-retry.*.*", self._needs_retry)
        if self.access.on_client_created:
            self.access.on_client_created(client)
        if self.trace.on:
            trace_calls(self.trace, client)

    def _before_call(self, model: Any, **_: Any) -> None:
        operation = model.name
        write = not operation.startswith(READ_PREFIXES)
        if write and self.read_only:
            raise ReadOnlyViolation(f"{operation} was stopped: this command only reads")
        self._limit_rate(model)
        if write and model.service_model.service_name == "iam":
            self.iam_written = True
        self.calls.count(write=write)
        if self.on_call:
            self.on_call(model.service_model.service_name, operation)

    def _limit_rate(self, model: Any) -> None:
        """Wait before every try: AWS also counts the calls that it refuses (A1)."""
        if self._rate_limiter and model.service_model.service_name == "apigateway":
            began = self.trace.now()
            if self._rate_limiter.wait(model.name):
                self.trace.past(f"API Gateway's rate of {model.name}", "wait", began)

    def _needs_retry(
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
        since, tries = waits.get(rule.name, (self.clock.now(), 0))
        waits[rule.name] = (since, tries + 1)
        spent = self.clock.now() - since
        seconds = next_delay(rule, tries + 1, spent)
        if seconds is None:
            return None
        self.calls.retried += 1
        self.report_wait(f"waiting for {rule.name}, {spent:.0f} s")
        with self.trace.span(rule.name, "wait"):
            self.clock.sleep(seconds)
        self._limit_rate(operation)
        return 0


def _as_text(body: object) -> str:
    if isinstance(body, bytes):
        return body.decode("utf-8", "replace")
    return body if isinstance(body, str) else json.dumps(body, default=str)
