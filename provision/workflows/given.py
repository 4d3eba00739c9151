"""Checks what config.yaml names by its ARN and others own: the alarms' topic, published layers.

No node creates them. Faults that the file alone shows are in `provision/config/checks/given.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from provision.aws.client import Aws
from provision.aws.error_codes import ACCESS_DENIED
from provision.errors import PrerequisiteMissing
from provision.model import iam
from provision.model.step import Step
from provision.plan.plan import Plan
from provision.steps.cloudwatch.alarm import Alarm
from provision.steps.lambda_.function import Function
from provision.steps.lambda_.layer import Layer
from provision.steps.not_found import found_or_none
from provision.steps.sns.topic import Topic
from provision.unknown import is_known
from provision.workflows.prerequisites import NEEDING

if TYPE_CHECKING:
    from mypy_boto3_lambda.type_defs import GetLayerVersionResponseTypeDef

_CLOUDWATCH: Final = "cloudwatch.amazonaws.com"
_PUBLISHES: Final = frozenset({"sns:publish", "sns:*", "*"})


def given_calls(steps: Mapping[str, Step]) -> Iterator[iam.ApiCall]:
    """Yield the calls of `check_given` for a stack with these steps."""
    for topic in sorted(_topics(steps.values(), steps)):
        yield from iam.calls("sns", topic, "GetTopicAttributes")
    layers = {arn for arns in _layers(steps, steps).values() for arn in arns}
    for layer in sorted(layers):
        allowed = iam.Permission("lambda:GetLayerVersion", (layer,))
        yield iam.call("lambda.GetLayerVersionByArn", allowed)


def check_given(aws: Aws, seen: Plan, say: Callable[[str], None]) -> None:
    """Raise `PrerequisiteMissing` if something that a change needs does not exist.

    A topic or layer that exists and may not serve is passed to `say`: AWS accepts it.
    """
    everything = _steps(seen)
    needing = {
        node: change.want
        for node, change in seen.changes.items()
        if change.action in NEEDING and change.want is not None
    }
    for topic in sorted(_topics(needing.values(), everything)):
        for words in _troubles_of_topic(aws, topic):
            say(words)
    for node, arns in _layers(needing, everything).items():
        for arn in arns:
            for words in _troubles_of_layer(aws, node, needing[node], arn):
                say(words)


def say_absent(seen: Plan, account: str, say: Callable[[str], None]) -> None:
    """Pass to `say` what is in AWS alone, and not in the emulator, whose account is given."""
    everything = _steps(seen)
    wants = {node: one.want for node, one in seen.changes.items() if one.want is not None}
    for topic in sorted(_topics(wants.values(), everything)):
        say(f"the topic {topic} is not here: no alarm is sent to it")
    for node, arns in _layers(wants, everything).items():
        for arn in (one for one in arns if one.split(":")[4] != account):
            say(
                f"{node}: the layer {arn} is empty here; if the code imports from it, below"
                " `environments: local:` name a `source` in its place, and `arn: null`"
            )


def _steps(seen: Plan) -> dict[str, Step]:
    """Return the wanted and the observed steps, so that those of this stack are known by either."""
    wants = {node: one.want for node, one in seen.changes.items() if one.want is not None}
    haves = {f"{node} now": one.have for node, one in seen.changes.items() if one.have is not None}
    return {**wants, **haves}


def _topics(alarms: Iterable[Step], steps: Mapping[str, Step]) -> set[str]:
    """Return the ARNs of topics that alarms use and no node creates."""
    ours = {step.arn for step in steps.values() if isinstance(step, Topic) and is_known(step.arn)}
    used = {arn for one in alarms if isinstance(one, Alarm) for arn in one.actions if is_known(arn)}
    return used - ours


def _layers(functions: Mapping[str, Step], steps: Mapping[str, Step]) -> dict[str, list[str]]:
    """Return the ARNs of layers that no node creates, by the node of the function using them."""
    ours = {step.arn for step in steps.values() if isinstance(step, Layer) and is_known(step.arn)}
    return {
        node: [arn for arn in step.layers if is_known(arn) and arn not in ours]
        for node, step in functions.items()
        if isinstance(step, Function) and is_known(step.layers)
    }


def _troubles_of_topic(aws: Aws, arn: str) -> Iterator[str]:
    """Yield why no alarm may arrive. Raise `PrerequisiteMissing` if the topic cannot exist."""
    account = arn.split(":")[4]
    if account != aws.location.account:
        raise PrerequisiteMissing(
            f"the topic {arn} belongs to account {account}, the stack to {aws.location.account}",
            hint="name a topic of this account in `monitoring.topic` of config.yaml",
        )
    try:
        found = found_or_none(lambda: aws.sns.get_topic_attributes(TopicArn=arn))
    except ClientError as error:
        if error.response["Error"]["Code"] not in ACCESS_DENIED:
            raise
        yield f"the topic {arn} may not be read: whether alarms can reach it was not checked"
        return
    if found is None:
        raise PrerequisiteMissing(
            f"there is no topic {arn}",
            hint="correct `monitoring.topic` in config.yaml; for the stack's own topic write null",
        )
    attributes = found.get("Attributes", {})
    if not _lets_in(attributes.get("Policy", "")):
        yield (
            f"the policy of the topic {arn} does not let {_CLOUDWATCH} publish, so that no alarm"
            " arrives: its owner must allow it `sns:Publish`"
        )
    if attributes.get("KmsMasterKeyId", "").endswith("alias/aws/sns"):
        yield f"the topic {arn} is encrypted with AWS's own key, which admits no alarm"


def _lets_in(policy: str) -> bool:
    """Return whether a statement of the topic's policy lets CloudWatch, or everyone, publish.

    Its conditions are the owner's business.
    """
    statements = json.loads(policy or "{}").get("Statement", [])
    return any(
        one.get("Effect") == "Allow"
        and _PUBLISHES & {action.lower() for action in _listed(one.get("Action", ()))}
        and {_CLOUDWATCH, "*"} & set(_principals(one.get("Principal", {})))
        for one in _listed(statements)
    )


def _principals(principal: Any) -> list[str]:
    if isinstance(principal, str):
        return [principal]
    return [name for names in principal.values() for name in _listed(names)]


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _troubles_of_layer(aws: Aws, node: str, function: Step, arn: str) -> Iterator[str]:
    """Yield for what the layer is not declared. Raise `PrerequisiteMissing` if it cannot be used.

    Of another account's layer AWS does not say whether it exists or is only not shared (L45).
    """
    assert isinstance(function, Function)
    found = _published(aws, node, arn)
    for named, value in (
        (found.get("CompatibleRuntimes", []), function.runtime),
        (found.get("CompatibleArchitectures", []), function.architecture),
    ):
        if named and value not in named:
            yield (
                f"{node}: the layer {arn} is declared for {', '.join(map(str, named))}, and the"
                f" function runs on {value}"
            )


def _published(aws: Aws, node: str, arn: str) -> GetLayerVersionResponseTypeDef:
    why = f"{node}: there is no layer version {arn}"
    try:
        found = found_or_none(lambda: aws.lambda_.get_layer_version_by_arn(Arn=arn))
    except ClientError as error:
        if error.response["Error"]["Code"] not in ACCESS_DENIED:
            raise
        found = None
        why += f" that account {aws.location.account} may use: it does not exist or is not shared"
    if found is None:
        raise PrerequisiteMissing(
            why, hint="correct `arn` of the layer in config.yaml: `provision config explain layers`"
        )
    return found
