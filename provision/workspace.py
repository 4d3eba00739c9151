"""Opens a workspace from options: configuration, access, account check, nodes and state."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from provision import LOCAL_ENVIRONMENT, local
from provision.aws.access import Access, is_real
from provision.aws.client import Aws
from provision.aws.credential_guard import check_addresses
from provision.config import Config, ConfigInvalid, load
from provision.config.checks import check, check_values, within_folder
from provision.config.load import Check, as_written, no_request_check
from provision.config.unlisted import Unlisted, accept
from provision.config.yaml.reader import refuse_linked
from provision.engine.engine import Engine
from provision.engine.errors import translate_error
from provision.engine.events import EventListener, report_nothing
from provision.engine.timing import WalkTiming
from provision.errors import StateError, WrongAccount
from provision.files import HOME, refuse_links_below
from provision.model.stack import Stack
from provision.packaging.cache import open_cache
from provision.plan.limitations import NO_LIMITATIONS, Limitations
from provision.plan.options import PlanOptions
from provision.preflight import check_first_requests
from provision.stack import StackInputs, build_stack
from provision.stack.inputs import Packages, identity_of
from provision.stack.lookups import KeyOf, account_alias, demanded_key, zones_of
from provision.stack.packages import NoPackages, PackageBuilder
from provision.state.holder import current_holder
from provision.state.import_checks import remember
from provision.state.journal import Journal
from provision.state.other_location import PinnedLocation
from provision.state.record import apply_moves
from provision.steps import KINDS
from provision.trace import Trace

Guard = Callable[[Config, Aws, Journal], None]
"""A check that raises `WrongAccount` for the wrong account."""


@dataclass(frozen=True)
class Options:
    """The options from the command line, the environment and the defaults."""

    config: Path
    environment: str | None = None
    region: str | None = None
    profile: str | None = None
    state: Path | None = None
    local_port: int | None = None
    """None: the port where this folder's emulator listened last, or a free one."""
    allow_endpoint: bool = False
    """Credentials may be sent to an endpoint that is neither AWS nor this machine."""
    new_env: bool = False
    """The environment is intended, although the file does not list it."""
    allow_outside: bool = False
    """Sources may be outside the configuration's folder."""


@dataclass(frozen=True)
class Workspace:
    """A stack in one account, opened for a command."""

    inputs: StackInputs
    aws: Aws
    stack: Stack
    directory: Path
    limitations: Limitations
    remembered: frozenset[str]
    """The nodes that had a record when the workspace was opened."""
    state: type[Journal] = Journal
    """The class that reads the state."""
    timings: list[WalkTiming] = field(default_factory=list)
    """The walks of its engines, in their order."""

    @contextmanager
    def read_state(self) -> Iterator[Journal]:
        """Yield the journal for a command that writes nothing, neither in AWS nor on disk."""
        with self.aws.reading():
            journal = self.state.read(self.directory, self.stack.name, KINDS, self.stack.moved)
            journal.check(self._here)
            yield journal

    @contextmanager
    def write_state(self, command: str) -> Iterator[Journal]:
        """Yield the journal, locked until the block ends."""
        journal = self.state(self.directory, self.stack.name, KINDS, self.stack.moved)
        journal.open(current_holder(command))
        try:
            journal.check(self._here)
            yield journal
        finally:
            remember(self.directory, self.aws.tried_imports)
            self.aws.tried_imports.clear()
            journal.close()

    def with_rebuilt_packages(self) -> Workspace:
        """Return this workspace with the functions' code as it is on disk now."""
        sources = self.inputs.packages
        assert isinstance(sources, PackageBuilder)
        inputs = replace(self.inputs, packages=sources.rebuilt())
        return replace(self, inputs=inputs, stack=build_stack(inputs), timings=[])

    def pin(self, journal: Journal) -> None:
        """Record the stack's account and region; runs in any other are refused from now on."""
        journal.pin(self._here)

    @property
    def description(self) -> str:
        """The location for the user: stack, account by id and alias, region."""
        if self.inputs.config.environment == LOCAL_ENVIRONMENT:
            return f"{self.stack.name} on the emulator at {self.aws.access.endpoint}"
        where, alias = self.aws.location, account_alias(self.aws)
        account = f"{where.account} ({alias})" if alias else where.account
        return f"{self.stack.name} in account {account}, {where.region}"

    def engine(
        self, journal: Journal, options: PlanOptions, tell: EventListener = report_nothing
    ) -> Engine:
        return Engine(self.stack, self.aws, journal, options, self.limitations, tell, self.timings)

    @property
    def _here(self) -> PinnedLocation:
        return PinnedLocation(self.aws.location.account, self.aws.location.region)


def _report_and_continue(say: Callable[[str], None], error: Exception) -> None:
    say(f"{translate_error(error).message}; continuing with what is recorded")


def check_account(config: Config, aws: Aws, known: Journal) -> None:
    """Raise `WrongAccount` if config.yaml, which is checked first, or the state names another one.

    Called before anything is built or observed.
    """
    if (
        config.account
        and config.account != aws.location.account
        and config.environment != LOCAL_ENVIRONMENT
    ):
        raise WrongAccount(
            f"config.yaml requires account {config.account}; these credentials belong to"
            f" {aws.location.account}",
            hint="choose the right --profile, or change `account:` in config.yaml",
        )
    known.check(PinnedLocation(aws.location.account, aws.location.region))


def assume_recorded_account(config: Config, aws: Aws, known: Journal) -> None:
    """Assume the account that the state names, which saves a call.

    The command must check the account in an answer of AWS before it writes.
    """
    if known.pinned:
        aws.assume_account(known.pinned.account)
    check_account(config, aws, known)


def open_workspace(
    options: Options,
    *,
    say: Callable[[str], None],
    trace: Trace | None = None,
    build_sources: bool = True,
    check: Check = check,
    guard: Guard = check_account,
    unlisted: Unlisted = accept,
    key: KeyOf = demanded_key,
    state: type[Journal] = Journal,
) -> Workspace:
    """Read the configuration, reach the account and build the nodes, without a write to AWS.

    With `build_sources=False`, the sources may be missing."""
    wanted = check if build_sources else check_values
    if not options.allow_outside:
        refuse_linked(options.config)
        wanted = within_folder(wanted) if build_sources else wanted
    config = load(
        options.config,
        environment=options.environment,
        region=options.region,
        check=wanted,
        check_requests=check_first_requests if build_sources else no_request_check,
        warn=say,
        unlisted=unlisted,
    )
    home = options.config.resolve().parent / HOME
    directory = options.state or _own_directory(home, config.environment)
    on_local = config.environment == LOCAL_ENVIRONMENT
    access, limitations = _emulated(options, config, say) if on_local else _in_aws(options, config)
    aws = Aws(access, trace=trace)
    aws.sign_in()
    known = state.read(directory, config.prefix, KINDS)
    with aws.reading():
        guard(config, aws, known)
        sources = _sources(options, config, aws, say) if build_sources else NoPackages()
        recorded = [one.step for one in known.records.values()]
        arn = key(aws, config.encryption.key, recorded, partial(_report_and_continue, say))
        inputs = _stack_inputs(config, aws, known, sources, arn)
    stack = build_stack(inputs)
    remembered = frozenset(apply_moves(known.records, stack.moved))
    return Workspace(inputs, aws, stack, directory, limitations, remembered, state)


def _stack_inputs(
    config: Config, aws: Aws, known: Journal, sources: Packages, key: str
) -> StackInputs:
    """Return what the nodes are built from, after reading from AWS what that needs."""
    recorded = {name: record.step for name, record in known.records.items()}
    zones = zones_of(aws, config.network.zones, recorded, identity_of(config, aws.location))
    return StackInputs(
        config,
        aws.location,
        zones,
        sources,
        _invoke_url(config, aws),
        key,
        _as_reached(config, aws),
    )


def _own_directory(home: Path, environment: str) -> Path:
    """Return the state directory next to config.yaml. Raises `StateError` if a link leads to it.

    Such a link came with the checkout and would lead to another state.
    """
    directory = home / environment
    try:
        refuse_links_below(home.parent, directory)
    except OSError as error:
        raise StateError(
            f"the state directory {directory} cannot be used: {error.strerror or error}",
            hint="remove the link, or name the directory itself: --state DIR",
        ) from error
    return directory


def _sources(options: Options, config: Config, aws: Aws, say: Callable[[str], None]) -> Packages:
    cache = open_cache(options.config.parent, say)
    on_local = config.environment == LOCAL_ENVIRONMENT
    built = PackageBuilder(config, cache, for_this_machine=on_local, trace=aws.trace)
    return _with_layers(built, config, options.config)


def _with_layers(sources: PackageBuilder, config: Config, file: Path) -> PackageBuilder:
    """Build the layers, then raise `ConfigInvalid` for missing handlers and oversized functions.

    Both are known only once the layers are built.
    """
    sources.build_layers()
    tree = as_written(file, config.environment)
    problems = [
        tree.at(("functions", name, "handler")).problem(
            said, "write module.function as the files in the layer have it"
        )
        for name, said in sources.lost_handlers().items()
    ]
    problems += [
        tree.at(("functions", name, "layers")).problem(said, "remove what the code does not import")
        for name, said in sources.overweight().items()
    ]
    if problems:
        raise ConfigInvalid(problems)
    return sources


def _in_aws(options: Options, config: Config) -> tuple[Access, Limitations]:
    check_addresses(os.environ)
    real = is_real(os.environ)
    access = Access(
        config.region,
        options.profile,
        anywhere=options.allow_endpoint,
        rate_limited=real,
        deletes_lag=real,
    )
    return access, NO_LIMITATIONS


def _emulated(
    options: Options, config: Config, say: Callable[[str], None]
) -> tuple[Access, Limitations]:
    root = local.emulator_directory(options.config, options.state)
    emulator = local.start(root, port=options.local_port, report=say)
    access = Access(
        config.region,
        endpoint=emulator.endpoint,
        credentials=local.CREDENTIALS,
        on_client_created=local.for_emulator(root),
        rate_limited=False,
        deletes_lag=False,
    )
    lacking = local.UNSUPPORTED_KINDS, local.UNREADABLE_FIELDS, local.KINDS_WITHOUT_BACKUP
    return access, Limitations(*lacking, local.UNLISTED, at_once=True)


def _invoke_url(config: Config, aws: Aws) -> Callable[[str, str], str]:
    def on_aws(api: str, stage: str) -> str:
        where = aws.location
        return f"https://{api}.execute-api.{where.region}.{where.dns_suffix}/{stage}"

    def on_emulator(api: str, stage: str) -> str:
        return local.invoke_url(aws.access.endpoint or "", api, stage)

    return on_emulator if config.environment == LOCAL_ENVIRONMENT else on_aws


def _as_reached(config: Config, aws: Aws) -> Callable[[str], str]:
    if config.environment == LOCAL_ENVIRONMENT:
        return lambda address: local.as_reached(aws.access.endpoint or "", address)
    return str
