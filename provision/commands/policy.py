"""`provision policy deployer`: the policies of whoever runs the commands, printed for IAM."""

from __future__ import annotations

import json

import botocore.session
from botocore.exceptions import NoCredentialsError

from provision.access import Access, Where, where_of
from provision.aws import Aws
from provision.commands.session import Session
from provision.commands.unlisted import refuse
from provision.config import Config, load
from provision.config.check import check_values
from provision.errors import NoCredentials, Usage
from provision.journal import Journal
from provision.opening import LOCAL, Options
from provision.permissions.deployer import Purpose, deployer_policies
from provision.permissions.policy import MOST_CHARACTERS, Policy
from provision.printable import put_document
from provision.sources import NoSources
from provision.stack import Site, build_stack
from provision.steps import KINDS


def deployer(session: Session, purpose: str) -> int:
    """Prints the documents, one after the other, or with --json in one of their own."""
    options = session.options
    config = load(
        options.config,
        environment=options.environment,
        region=options.region,
        check=check_values,
        unlisted=session.judge_unlisted(refuse(session.call)),
    )
    if config.environment == LOCAL:
        raise Usage(
            "the emulator asks for no permissions",
            hint="name an environment that runs in AWS, such as --env prod",
        )
    found = _policies(config, options, Purpose(purpose))
    if session.call.as_json:
        session.call.answer(json.dumps(_document(config, purpose, found), indent=2))
        return 0
    for policy in found:
        session.say(f"{policy.name}: {policy.characters} of {MOST_CHARACTERS} characters")
        put_document(json.dumps(policy.document, indent=2))
    session.say(
        "Make each with `aws iam create-policy --policy-name NAME --policy-document file://FILE`,"
        " and attach all of them to whoever runs provision. docs/permissions.md says what each"
        " action is for."
    )
    return 0


def _policies(config: Config, options: Options, purpose: Purpose) -> tuple[Policy, ...]:
    where = _where(config, options)
    stack = build_stack(
        Site(
            config,
            where,
            tuple(f"{where.region}-{number}" for number in range(config.network.zones)),
            NoSources(),
            lambda api, stage: f"{api}/{stage}",
            where.arn("kms", "key/*") if config.encryption.key.startswith("alias/") else "",
        )
    )
    home = options.config.resolve().parent / ".provision"
    known = Journal.read(options.state or home / config.environment, config.prefix, KINDS)
    forgotten = {
        name: record.step for name, record in known.records.items() if name not in stack.nodes
    }
    return deployer_policies(stack, forgotten, where, purpose)


def _where(config: Config, options: Options) -> Where:
    """From config.yaml where it names the account, else asked of AWS."""
    if not config.account:
        try:
            return Aws(Access(config.region, options.profile)).where
        except NoCredentialsError as error:
            raise NoCredentials(
                "config.yaml names no account, and no AWS credentials were found to ask which",
                hint='account: "012345678901" in config.yaml, or `aws configure`',
            ) from error
    core = botocore.session.Session(profile=options.profile)
    return where_of(core, config.account, config.region)


def _document(config: Config, purpose: str, found: tuple[Policy, ...]) -> dict[str, object]:
    return {
        "schema": 1,
        "stack": config.prefix,
        "environment": config.environment,
        "region": config.region,
        "for": purpose,
        "policies": [
            {"name": each.name, "characters": each.characters, "document": each.document}
            for each in found
        ],
    }
