"""AWS CLI commands that delete a leftover, after what AWS requires first, and its data in words.

Each function takes the name or id, and AWS's description of the resource: None if it could not be
read.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Final

from provision.aws.client import Aws
from provision.aws.failed_call import NO_GOOD_ANSWER
from provision.model.stored_data import StoredData, format_bytes

Commands = Callable[[Aws, str, Any], tuple[str, ...]]
"""To be run in this order, each only if the one before has succeeded."""
Goes = Callable[[Any], str]

LOCKED: Final = "deletion protection is on"


def plain(template: str) -> Commands:
    """Return the commands of a kind that one call deletes; `{}` is its name or id, quoted."""

    def commands(aws: Aws, name: str, found: Any) -> tuple[str, ...]:  # noqa: ARG001  (as others)
        return (f"{template.format(shlex.quote(name))} --region {aws.location.region}",)

    return commands


def goes(words: str) -> Goes:
    """Return a function that gives the same words for every resource."""
    return lambda _: words


def deletes_no_data(found: Any) -> str:  # noqa: ARG001  (as others)
    """Return no words, for kinds that hold nothing of the user's."""
    return ""


# -- resources with data ---------------------------------------------------------------------------


def table(aws: Aws, name: str, found: Any) -> tuple[str, ...]:
    """Return commands to back the table up and then delete it, once the backup is complete."""
    quoted, region, final = shlex.quote(name), aws.location.region, shlex.quote(f"{name}.final")
    making = (
        f"aws dynamodb list-backups --table-name {quoted} --region {region} --output json"
        " --query \"length(BackupSummaries[?BackupStatus=='CREATING'])\""
    )
    return (
        f"aws dynamodb create-backup --table-name {quoted} --backup-name {final} --region {region}",
        f'until [ "$({making})" = 0 ]; do sleep 5; done',
        *table_without_backup(aws, name, found),
    )


def table_without_backup(aws: Aws, name: str, found: Any) -> tuple[str, ...]:
    """Return commands to delete the table if no backup can be made, as on an emulator.

    Protection is switched off in a call of its own (D5, D19). It may be on if it could not be read.
    """
    quoted, region = shlex.quote(name), aws.location.region
    gone = f"aws dynamodb delete-table --table-name {quoted} --region {region}"
    if found and not found["Table"].get("DeletionProtectionEnabled"):
        return (gone,)
    unlock = (
        f"aws dynamodb update-table --table-name {quoted} --region {region}"
        " --no-deletion-protection-enabled"
    )
    awake = f"aws dynamodb wait table-exists --table-name {quoted} --region {region}"
    return (unlock, awake, gone)


def table_goes(found: Any) -> str:
    """Return the table's data in words, from DescribeTable."""
    if not found:
        return "it holds data"
    shown = found["Table"]
    locked = shown.get("DeletionProtectionEnabled", False)
    held = StoredData(shown.get("ItemCount", 0), shown.get("TableSizeBytes", 0), locked)
    return f"it holds data ({held.summary}" + (f"; {LOCKED})" if locked else ")")


def log_group(aws: Aws, name: str, found: Any) -> tuple[str, ...]:
    """Return commands to delete the group. A protected one must be unlocked first (G6).

    Not every AWS CLI has the call that unlocks it, so that is included only if needed.
    """
    quoted, region = shlex.quote(name), aws.location.region
    unlock = (
        f"aws logs put-log-group-deletion-protection --log-group-identifier {quoted}"
        f" --no-deletion-protection-enabled --region {region}"
    )
    locked = found and found[0].get("deletionProtectionEnabled")
    gone = f"aws logs delete-log-group --log-group-name {quoted} --region {region}"
    return (unlock, gone) if locked else (gone,)


def log_group_goes(found: Any) -> str:
    """Return the group's data in words, from DescribeLogGroups."""
    group = found[0] if found else {}
    locked = f"; {LOCKED}" if group.get("deletionProtectionEnabled") else ""
    held = f" ({format_bytes(group['storedBytes'])}{locked})" if "storedBytes" in group else ""
    return f"its entries are deleted with it{held}"


def queue(aws: Aws, name: str, found: Any) -> tuple[str, ...]:
    """Return the command to delete the queue by its URL."""
    region = aws.location.region
    asked = (
        f"aws sqs get-queue-url --queue-name {shlex.quote(name)} --region {region}"
        " --query QueueUrl --output text"
    )
    url = shlex.quote(found["QueueUrl"]) if found else f'"$({asked})"'
    return (f"aws sqs delete-queue --queue-url {url} --region {region}",)


# -- resources that AWS does not delete while in use -----------------------------------------------


def role(aws: Aws, name: str, found: Any) -> tuple[str, ...]:  # noqa: ARG001  (the lists say it)
    """Return commands to delete the role after its policies (I8). IAM has no region."""
    plainly = name.rpartition("/")[2]
    return (*_policies(aws, plainly), f"aws iam delete-role --role-name {shlex.quote(plainly)}")


def _policies(aws: Aws, name: str) -> Iterator[str]:
    of = shlex.quote(name)
    with suppress(*NO_GOOD_ANSWER):  # unreadable: the deletion shows what prevents it
        for page in aws.iam.get_paginator("list_role_policies").paginate(RoleName=name):
            for one in page["PolicyNames"]:
                policy = shlex.quote(one)
                yield f"aws iam delete-role-policy --role-name {of} --policy-name {policy}"
    with suppress(*NO_GOOD_ANSWER):
        pages = aws.iam.get_paginator("list_attached_role_policies").paginate(RoleName=name)
        for attached in (each for page in pages for each in page.get("AttachedPolicies", [])):
            arn = attached["PolicyArn"]
            yield f"aws iam detach-role-policy --role-name {of} --policy-arn {arn}"


def plan(aws: Aws, made: str, found: Any) -> tuple[str, ...]:
    """Return commands to delete the plan: AWS refuses that while it has any stage (A26)."""
    quoted, region = shlex.quote(made), aws.location.region
    gone = f"aws apigateway delete-usage-plan --usage-plan-id {quoted} --region {region}"
    stages = [f"{one['apiId']}:{one['stage']}" for one in (found or {}).get("apiStages", [])]
    if not stages:
        return (gone,)
    patch = " ".join(shlex.quote(f"op=remove,path=/apiStages,value={stage}") for stage in stages)
    let_go = (
        f"aws apigateway update-usage-plan --usage-plan-id {quoted} --region {region}"
        f" --patch-operations {patch}"
    )
    return (let_go, gone)


def api_or_stage(aws: Aws, made: str, found: Any) -> tuple[str, ...]:  # noqa: ARG001  (as others)
    """Return the command to delete an API or a stage: a stage's name follows its API's."""
    name, _, stage = made.partition("/stages/")
    api, region = shlex.quote(name), aws.location.region
    if not stage:
        return (f"aws apigateway delete-rest-api --rest-api-id {api} --region {region}",)
    of = shlex.quote(stage)
    return (f"aws apigateway delete-stage --rest-api-id {api} --stage-name {of} --region {region}",)


def acl(aws: Aws, made: str, found: Any) -> tuple[str, ...]:
    """Return commands to delete the web ACL.

    AWS refuses that while a stage has it, and without its newest lock token.
    """
    name, _, number = (shlex.quote(part) for part in made.partition("/"))
    region = aws.location.region
    token = (
        f"aws wafv2 get-web-acl --region {region} --scope REGIONAL --name {name} --id {number}"
        " --query LockToken --output text"
    )
    stages: list[str] = []
    with suppress(*NO_GOOD_ANSWER):  # unreadable: the deletion shows what prevents it
        if found:
            stages = aws.wafv2.list_resources_for_web_acl(
                WebACLArn=found["WebACL"]["ARN"], ResourceType="API_GATEWAY"
            ).get("ResourceArns", [])
    let_go = [
        f"aws wafv2 disassociate-web-acl --region {region} --resource-arn {shlex.quote(one)}"
        for one in stages
    ]
    gone = (
        f"aws wafv2 delete-web-acl --region {region} --scope REGIONAL --name {name} --id {number}"
        f' --lock-token "$({token})"'
    )
    return (*let_go, gone)


def layer(aws: Aws, made: str, found: Any) -> tuple[str, ...]:  # noqa: ARG001  (as others)
    """Return the command to delete one version of the layer."""
    name, _, number = made.rpartition(":")
    of, region = shlex.quote(name), aws.location.region
    gone = f"aws lambda delete-layer-version --layer-name {of} --version-number {number}"
    return (f"{gone} --region {region}",)


def target(aws: Aws, made: str, found: Any) -> tuple[str, ...]:  # noqa: ARG001  (as others)
    """Return the command to deregister the target by its resource and dimension.

    Its policies and their alarms are deleted with it.
    """
    if not found:
        return ()
    what, dimension = shlex.quote(found["ResourceId"]), found["ScalableDimension"]
    command = (
        "aws application-autoscaling deregister-scalable-target --service-namespace dynamodb"
        f" --resource-id {what} --scalable-dimension {dimension} --region {aws.location.region}"
    )
    return (command,)


def route_table(aws: Aws, made: str, found: Any) -> tuple[str, ...]:
    """Return commands to delete the route table: AWS refuses that while a subnet has it."""
    region = aws.location.region
    links = [link for one in found or () for link in one.get("Associations", [])]
    let_go = [
        f"aws ec2 disassociate-route-table --association-id {each} --region {region}"
        for each in (one["RouteTableAssociationId"] for one in links if one.get("SubnetId"))
    ]
    of = shlex.quote(made)
    return (*let_go, f"aws ec2 delete-route-table --route-table-id {of} --region {region}")


def certificate(aws: Aws, made: str, found: Any) -> tuple[str, ...]:  # noqa: ARG001  (as others)
    """Return the command to delete the certificate by its ARN."""
    arn = shlex.quote(aws.location.arn("acm", f"certificate/{made}"))
    return (f"aws acm delete-certificate --certificate-arn {arn} --region {aws.location.region}",)


def topic(aws: Aws, name: str, found: Any) -> tuple[str, ...]:  # noqa: ARG001  (as others)
    """Return the command to delete the topic by its ARN."""
    arn = shlex.quote(aws.location.arn("sns", name))
    return (f"aws sns delete-topic --topic-arn {arn} --region {aws.location.region}",)
