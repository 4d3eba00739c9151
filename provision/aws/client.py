"""Provides the typed AWS clients of one account and region, and that location."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import boto3
import botocore.session
from botocore.exceptions import ClientError
from botocore.httpsession import get_cert_path

from provision.aws.access import Access, CallCounts, Location, dns_suffix, location_of
from provision.aws.call_hooks import CallHooks
from provision.aws.call_tracing import trace_calls
from provision.aws.concurrency import Once
from provision.aws.credentials import sign_in
from provision.aws.error_classes import ThreadSafeExceptions
from provision.aws.keep_alive import keep_alive
from provision.aws.lambda_upload import upload_zips_directly
from provision.aws.rate_limits import RateLimiter
from provision.aws.regions import region_disabled
from provision.aws.session import (
    INVOCATIONS,
    client_config,
    new_botocore_session,
    patience,
    service_of,
)
from provision.aws.tried_imports import TriedImport
from provision.aws.waiting import Waiter, WaitListener
from provision.clock import Clock
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
    from mypy_boto3_scheduler import EventBridgeSchedulerClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sts import STSClient
    from mypy_boto3_wafv2 import WAFV2Client


C = TypeVar("C")
T = TypeVar("T")


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
    lambda_invoke: _Client[LambdaClient] = _Client(INVOCATIONS)
    """For invocations, which are answered when the function ends."""
    logs: _Client[CloudWatchLogsClient] = _Client("logs")
    route53: _Client[Route53Client] = _Client("route53")
    scheduler: _Client[EventBridgeSchedulerClient] = _Client("scheduler")
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
        self.access: Final = access
        self.trace: Final = trace or Trace()
        self.clock: Final = clock or Clock()
        self.waiter = Waiter(self.clock, self.trace)
        limiter = RateLimiter(self.clock) if access.rate_limited else None
        self.hooks = CallHooks(self.clock, self.trace, self.waiter, limiter)
        self._core = core or new_botocore_session(access)
        self._session = boto3.Session(botocore_session=self._core, region_name=access.region)
        self._config = client_config(self._core, access)
        self._errors = ThreadSafeExceptions()
        self._clients: Once[str, Any] = Once()
        self._making = threading.Lock()
        self._where: Location | None = None
        self.tried_imports: Final[list[TriedImport]] = []
        """The import checks until now."""

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

    @property
    def ca_bundle(self) -> str:
        """The file of the certificate authorities that AWS is trusted by."""
        chosen: str | None = self._core.get_config_variable("ca_bundle")
        return chosen or str(get_cert_path(True))

    @property
    def calls(self) -> CallCounts:
        """The number of calls so far."""
        return self.hooks.calls

    @property
    def new_ids(self) -> set[str]:
        """Ids and names created in this run. Resources add theirs, since AWS may not find them."""
        return self.hooks.new_ids

    @property
    def iam_written(self) -> bool:
        """Whether this run has written to IAM, which takes effect after a while."""
        return self.hooks.iam_written

    # -- reading and waiting -------------------------------------------------------------------

    def reading(self) -> AbstractContextManager[None]:
        """Refuse every write with `ReadOnlyViolation` until the block ends, in all threads.

        Blocks may be nested, and open in several threads.
        """
        return self.hooks.reading()

    def wait(
        self, what: str, ready: Callable[[], T | None], *, budget: float, first: float = 0.5
    ) -> T:
        """Wait as `Waiter.wait` does."""
        return self.waiter.wait(what, ready, budget=budget, first=first)

    def wait_until_gone(self, what: str, still_there: Callable[[], bool], *, budget: float) -> None:
        """Wait as `Waiter.wait_until_gone` does."""
        self.waiter.wait_until_gone(what, still_there, budget=budget)

    def wait_until_stable(
        self, what: str, read: Callable[[], T], changing: Callable[[T], bool], *, budget: float
    ) -> T:
        """Wait as `Waiter.wait_until_stable` does."""
        return self.waiter.wait_until_stable(what, read, changing, budget=budget)

    def on_wait(self, listener: WaitListener | None) -> None:
        """Report the waits of this thread to a listener, until called with None."""
        self.waiter.on_wait(listener)

    def report_wait(self, what: str) -> None:
        """Report what this thread waits for to its listener."""
        self.waiter.report_wait(what)

    # -- clients -----------------------------------------------------------------------------

    def _client(self, service: str) -> Any:
        return self._clients.get(service, partial(self._new_client, service))

    def _new_client(self, service: str) -> Any:
        key, secret = self.access.credentials or (None, None)
        with self.trace.span(f"client {service}", "client"):
            with self._making:  # an SDK session cannot create two at a time
                client = self._session.client(  # type: ignore[call-overload]  # by any name
                    service_of(service),
                    endpoint_url=self.access.endpoint,
                    aws_access_key_id=key,
                    aws_secret_access_key=secret,
                    config=patience(self._config, service),
                )
            self._register_hooks(client)
            if service_of(service) == "lambda":
                upload_zips_directly(client)
            if service == INVOCATIONS:
                keep_alive(client)
            client._exceptions_factory = self._errors  # noqa: SLF001  (botocore offers no other way)
        return client

    def _register_hooks(self, client: Any) -> None:
        self.hooks.register(client)
        if self.access.on_client_created:
            self.access.on_client_created(client)
        if self.trace.on:
            trace_calls(self.trace, client)
