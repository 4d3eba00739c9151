"""AWS Foundational Security Best Practices, the controls that concern what is built: each asked of
AWS itself, by plain calls, and each with what somebody would do to break it.

https://docs.aws.amazon.com/securityhub/latest/userguide/fsbp-standard.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from provision.aws import Aws
from tests.security import apis, data, networks, people


@dataclass(frozen=True)
class Control:
    """`broken` names what does not hold, one by one; `spoil` makes something not hold."""

    name: str
    title: str
    means: str
    broken: Callable[[Aws], Iterator[str]]
    spoil: Callable[[Aws], None]


CONTROLS = (
    Control(
        "APIGateway.1",
        "Execution logging is on",
        "`api.log.level` INFO or ERROR on the stage",
        apis.without_execution_log,
        apis.switch_logging_off,
    ),
    Control(
        "APIGateway.3",
        "X-Ray tracing is on",
        "always, on the stage",
        apis.without_tracing,
        apis.switch_tracing_off,
    ),
    Control(
        "APIGateway.5",
        "Cached answers are encrypted",
        "nothing is cached",
        apis.with_open_cache,
        apis.cache_in_the_clear,
    ),
    Control(
        "APIGateway.9",
        "Access logging is on",
        "always, as JSON, to a group with retention",
        apis.without_access_log,
        apis.switch_access_log_off,
    ),
    Control(
        "TLS",
        "The custom domain takes TLS 1.2 or newer",
        "`TLS_1_2` on the domain",
        apis.with_old_tls,
        apis.take_old_tls,
    ),
    Control(
        "One door",
        "Behind a custom domain AWS's own address answers nobody",
        "the default endpoint is switched off",
        apis.with_a_second_door,
        apis.open_a_second_door,
    ),
    Control(
        "Lambda.1",
        "Nobody outside may call a function",
        "one statement on the alias, for our API only",
        people.callable_by_anybody,
        people.let_anybody_call,
    ),
    Control(
        "Lambda.2",
        "Runtimes are supported",
        "config.yaml takes no other",
        people.on_old_runtimes,
        people.take_an_old_runtime,
    ),
    Control(
        "Lambda.5",
        "Functions are in several zones",
        "`network.zones`, at least two",
        networks.in_one_zone,
        networks.stay_in_one_zone,
    ),
    Control(
        "Lambda.3",
        "Functions are in a VPC",
        "private subnets",
        networks.outside_the_network,
        networks.leave_the_network,
    ),
    Control(
        "Lambda.6",
        "Functions are tagged",
        "`tags` of config.yaml",
        people.untagged_functions,
        people.untag_functions,
    ),
    Control(
        "DynamoDB.1",
        "Capacity follows demand",
        "auto scaling of reads and writes",
        data.without_scaling,
        data.stop_scaling,
    ),
    Control(
        "DynamoDB.2",
        "Point-in-time recovery is on",
        "always",
        data.without_recovery,
        data.stop_recovery,
    ),
    Control(
        "DynamoDB.5",
        "Tables are tagged",
        "`tags` of config.yaml",
        data.untagged_tables,
        data.untag_tables,
    ),
    Control(
        "DynamoDB.6",
        "Deletion protection is on",
        "`protect`, on unless config.yaml says otherwise",
        data.without_protection,
        data.take_protection_off,
    ),
    Control(
        "SQS.1",
        "Queues are encrypted at rest",
        "SQS's own key, or the one of `encryption`",
        data.unencrypted_queues,
        data.decrypt_queues,
    ),
    Control(
        "SQS.2",
        "Queues are tagged",
        "`tags` of config.yaml",
        data.untagged_queues,
        data.untag_queues,
    ),
    Control(
        "SQS.3",
        "No queue is open to everybody",
        "its policy only denies: what comes without TLS",
        data.open_queues,
        data.open_a_queue,
    ),
    Control(
        "SNS.3",
        "Topics are tagged",
        "`tags` of config.yaml",
        data.untagged_topics,
        data.untag_topics,
    ),
    Control(
        "SNS.4",
        "No topic is open to everybody",
        "only alarms of this stack publish, with TLS",
        data.open_topics,
        data.open_a_topic,
    ),
    Control(
        "IAM.1",
        "No policy allows everything",
        "one inline policy a concern",
        people.allowed_everything,
        people.allow_everything,
    ),
    Control(
        "IAM.21",
        "No policy allows all of a service",
        "actions are named one by one",
        people.allowed_whole_services,
        people.allow_a_whole_service,
    ),
    Control(
        "EC2.2",
        "The VPC's default security group lets nothing through",
        "its rules are taken out",
        networks.open_default_groups,
        networks.open_a_default_group,
    ),
    Control(
        "EC2.6",
        "VPC flow logs are on",
        "`network.flow_logs`, on in the shipped `prod`",
        networks.without_flow_log,
        networks.stop_flow_logs,
    ),
    Control(
        "EC2.15",
        "Subnets give no public addresses",
        "always; there is no internet gateway either",
        networks.with_public_addresses,
        networks.give_public_addresses,
    ),
    Control(
        "CloudWatch.15",
        "Alarms act",
        "each writes to the topic",
        people.silent_alarms,
        people.silence_an_alarm,
    ),
    Control(
        "CloudWatch.16",
        "Logs are kept for a year",
        "`retention: 365` in the shipped `prod`",
        people.short_logs,
        people.shorten_logs,
    ),
    Control(
        "CloudWatch.17",
        "Alarm actions are switched on",
        "always",
        people.disabled_alarms,
        people.disable_an_alarm,
    ),
)

ELSEWHERE = {
    "APIGateway.2": "A client certificate shows API Gateway to an HTTP backend. Ours is Lambda, "
    "which API Gateway calls with its own signed requests.",
    "APIGateway.8": "Of HTTP and WebSocket APIs. Every route of this REST API asks for an API key.",
    "DynamoDB.4": "Backup plans of AWS Backup belong to the account. Recovery to any second of the "
    "last 35 days is on, and `down` makes a final backup.",
    "DynamoDB.7": "Of DAX, which is not used.",
    "ACM.1": "Certificates are proved by a DNS record that stays, so AWS renews them by itself.",
    "ACM.2": "ACM issues no RSA key shorter than 2,048 bits; shorter ones can only be imported.",
    "Route53.2": "The zone is the user's own and is only given a record.",
}
"""Controls that do not concern what is built, and why."""
