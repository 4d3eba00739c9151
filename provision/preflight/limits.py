"""The one table of AWS's limits that botocore's model does not have, or has too high.

Most of them are limits on sums: no single value is wrong. Constraints of the model (`max`, `min`,
`pattern`, `enum`) are read from it and not repeated here.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, NamedTuple

from provision.packaging.archive import ZIPPED_LIMIT
from provision.packaging.folder import UNZIPPED_LIMIT
from provision.preflight.rehearsal import Request
from provision.steps.ec2.endpoint import POLICY_SPACE
from provision.steps.iam.role_policies import SPACE


class Measured(NamedTuple):
    """A measured size, and the last request that adds to it."""

    request: Request
    size: int
    value: str = ""
    """The name, if a name is measured."""


ANY_TAGGED: Final = "*"
"""The operation of a limit on the tags of any resource."""

Measure = Callable[[Sequence[Request]], Iterator[Measured]]


@dataclass(frozen=True)
class Limit:
    """A limit of AWS on what requests add up to.

    `quota` is its name in Service Quotas if it can be raised: exceeding it is then only a warning.
    """

    what: str
    most: int
    unit: str
    measure: Measure
    instead: str
    source: str
    quota: str = ""
    member: tuple[str, ...] = ()
    """The member of the request that is too large, which leads to its own key of config.yaml."""
    operation: str = ""
    """The API operation whose requests it limits: `ANY_TAGGED` if every one that has tags."""


def _named(operation: str, parameter: str, requests: Sequence[Request]) -> Iterator[Measured]:
    for request in requests:
        if request.name == operation:
            name = request.parameters[parameter]
            yield Measured(request, len(name), name)


def _environment(requests: Sequence[Request]) -> Iterator[Measured]:
    """Measure the JSON text of the whole map, as Lambda stores it (L29)."""
    for request in requests:
        if request.name == "lambda.CreateFunction":
            text = json.dumps(
                request.parameters["Environment"]["Variables"],
                separators=(",", ":"),
                ensure_ascii=False,
            )
            yield Measured(request, len(text.encode()))


def _inline_policies(requests: Sequence[Request]) -> Iterator[Measured]:
    """Measure all inline policies of each role together. White space is not counted."""
    sums: Counter[str] = Counter()
    last: dict[str, Request] = {}
    for request in requests:
        if request.name == "iam.PutRolePolicy":
            role = request.parameters["RoleName"]
            sums[role] += len("".join(request.parameters["PolicyDocument"].split()))
            last[role] = request
    for role, request in last.items():
        yield Measured(request, sums[role])


def _text(operation: str, parameter: str, requests: Sequence[Request]) -> Iterator[Measured]:
    for request in requests:
        if request.name == operation and parameter in request.parameters:
            yield Measured(request, len(request.parameters[parameter].encode()))


def _resources(requests: Sequence[Request]) -> Iterator[Measured]:
    """Count the resources and the root, which is created with the API."""
    made = [request for request in requests if request.name == "apigateway.CreateResource"]
    if made:
        yield Measured(made[-1], len(made) + 1)


def _widgets(requests: Sequence[Request]) -> Iterator[Measured]:
    for request, widgets in _dashboards(requests):
        yield Measured(request, len(widgets))


def _metrics(requests: Sequence[Request]) -> Iterator[Measured]:
    for request, widgets in _dashboards(requests):
        lists = (widget["properties"].get("metrics", ()) for widget in widgets)
        yield Measured(request, sum(len(metrics) for metrics in lists))


def _dashboards(requests: Sequence[Request]) -> Iterator[tuple[Request, list[Any]]]:
    for request in requests:
        if request.name == "cloudwatch.PutDashboard":
            yield request, json.loads(request.parameters["DashboardBody"])["widgets"]


def _tags(requests: Sequence[Request]) -> Iterator[Measured]:
    for request in requests:
        tags = request.parameters.get("Tags") or request.parameters.get("tags") or ()
        yield Measured(request, len(tags))


def _when_built(_: Sequence[Request]) -> Iterator[Measured]:
    """Measure nothing: `packaging/unzipped.py` and `packaging/archive.py` check the files."""
    yield from ()


_SHORTER: Final = "shorten name, environment or the key"
_DOCS: Final = "https://docs.aws.amazon.com/"
_API: Final = (
    f"{_DOCS}apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html"
)
_CLOUDWATCH: Final = f"{_DOCS}AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html"
_IAM: Final = f"{_DOCS}IAM/latest/UserGuide/reference_iam-quotas.html"
_LAMBDA: Final = f"{_DOCS}lambda/latest/dg/gettingstarted-limits.html"


def _name(what: str, most: int, operation: str, parameter: str, page: str) -> Limit:
    measure = partial(_named, operation, parameter)
    return Limit(what, most, "characters", measure, _SHORTER, f"{_DOCS}{page}", operation=operation)


NAMES: Final = (
    _name(
        "the function's name", 64, "lambda.CreateFunction", "FunctionName",
        "lambda/latest/api/API_CreateFunction.html",
    ),
    _name(
        "the dead-letter queue's name", 80, "sqs.CreateQueue", "QueueName",
        "AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html",
    ),
    _name(
        "the table's name", 255, "dynamodb.CreateTable", "TableName",
        "amazondynamodb/latest/developerguide/ServiceQuotas.html",
    ),
    _name(
        "the topic's name", 256, "sns.CreateTopic", "Name",
        "sns/latest/api/API_CreateTopic.html",
    ),
    _name(
        "the dashboard's name", 255, "cloudwatch.PutDashboard", "DashboardName",
        "AmazonCloudWatch/latest/APIReference/API_PutDashboard.html",
    ),
    _name(
        "the security group's name", 255, "ec2.CreateSecurityGroup", "GroupName",
        "AWSEC2/latest/APIReference/API_CreateSecurityGroup.html",
    ),
)  # fmt: skip
"""Limits of names for which the model has a higher one or none (X11)."""

SUMS: Final = (
    Limit(
        "the function's environment as JSON, provision's own variables included", 4096, "bytes",
        _environment, "put large values into a file next to the code", _LAMBDA,
        member=("Environment",), operation="lambda.CreateFunction",
    ),
    Limit(
        "the inline policies of the function's role, all together", SPACE, "characters",
        _inline_policies,
        "give it fewer tables, secrets and statements, or make two functions of it", _IAM,
        operation="iam.PutRolePolicy",
    ),
    Limit(
        "the endpoint's policy, which lists every table or secret", POLICY_SPACE, "characters",
        partial(_text, "ec2.CreateVpcEndpoint", "PolicyDocument"),
        "keep values together in fewer secrets, or make two stacks of it",
        f"{_DOCS}vpc/latest/privatelink/vpc-endpoints-access.html",
        operation="ec2.CreateVpcEndpoint",
    ),
    Limit(
        "the resources of the API, a part of a path each", 300, "resources",
        _resources, "make two stacks of it", _API, "Resources/Routes per REST/WebSocket API",
        operation="apigateway.CreateResource",
    ),
    Limit(
        "the model's JSON Schema", 409_600, "bytes",
        partial(_text, "apigateway.CreateModel", "schema"),
        "check less of it before the function runs", _API, operation="apigateway.CreateModel",
    ),
    # The first name is the certificate's common name, of which X.509 limits the length (C7).
    Limit(
        "the domain, the first name of its certificate", 64, "characters",
        partial(_named, "acm.RequestCertificate", "DomainName"),
        "choose a shorter name, or give a certificate that has a shorter one first",
        f"{_DOCS}acm/latest/APIReference/API_RequestCertificate.html", member=("DomainName",),
        operation="acm.RequestCertificate",
    ),
    Limit(
        "the key's policy", 32_768, "bytes",
        partial(_text, "kms.CreateKey", "Policy"), "use `key: managed`, or a key of your own",
        f"{_DOCS}kms/latest/developerguide/resource-limits.html", operation="kms.CreateKey",
    ),
    Limit(
        "the dashboard's graphs, three for the API and for each function and table", 500, "widgets",
        _widgets, "make two stacks of it", _CLOUDWATCH, operation="cloudwatch.PutDashboard",
    ),
    Limit(
        "the dashboard's lines, in all graphs together", 2500, "metrics",
        _metrics, "make two stacks of it", _CLOUDWATCH, operation="cloudwatch.PutDashboard",
    ),
    Limit(
        "the tags, provision's own included", 50, "tags",
        _tags, "remove some", f"{_DOCS}tag-editor/latest/userguide/best-practices-and-strats.html",
        operation=ANY_TAGGED,
    ),
)  # fmt: skip
"""Limits that no single value shows to be exceeded."""

PACKED: Final = (
    Limit(
        "a function and all its layers, unzipped together", UNZIPPED_LIMIT, "bytes",
        _when_built, "remove what the code does not import", _LAMBDA,
        operation="lambda.CreateFunction",
    ),
    Limit(
        "a zip that is uploaded directly", ZIPPED_LIMIT, "bytes",
        _when_built, "remove what the code does not import", _LAMBDA,
        operation="lambda.CreateFunction",
    ),
)  # fmt: skip
"""Limits that are checked once the layers are built, which `config check` does not do (L23)."""

LIMITS: Final = NAMES + SUMS
