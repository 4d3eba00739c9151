"""Checks between values: references, sources, and limits that several values share.

`check` runs all of them, `check_values` those that need nothing but the file. Checks read the
file's nodes, not the validated `Config`, so that they report even if something else is wrong.
Each module has the checks of one subject and yields a `Problem` for each error.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from provision.config.checks.authorizers import check_authorizers
from provision.config.checks.boundary import check_boundary
from provision.config.checks.cors import check_cors
from provision.config.checks.endpoints import check_endpoints
from provision.config.checks.given import check_layers, check_topic
from provision.config.checks.limits import (
    check_alarms,
    check_capacity,
    check_environment,
    check_keys,
    check_tags,
)
from provision.config.checks.models import check_models
from provision.config.checks.moves import check_moved
from provision.config.checks.policies import check_policies
from provision.config.checks.regions import known_regions
from provision.config.checks.routes import check_routes
from provision.config.checks.sources import check_inside, check_sources
from provision.config.problems import Problem, listed, suggest
from provision.config.schema.functions import Function
from provision.config.schema.types import DOMAIN
from provision.config.yaml.nodes import YamlNode


def check(tree: YamlNode, folder: Path) -> list[Problem]:
    """Return all problems of every check."""
    return [*check_values(tree, folder), *check_sources(tree, folder)]


def within_folder(
    check: Callable[[YamlNode, Path], list[Problem]],
) -> Callable[[YamlNode, Path], list[Problem]]:
    """Return the check, extended to refuse sources outside of the configuration's folder.

    Otherwise an edit of the file could have any file packaged that the user can read.
    """
    return lambda tree, folder: [*check_inside(tree, folder), *check(tree, folder)]


def check_values(tree: YamlNode, folder: Path) -> list[Problem]:  # noqa: ARG001  (as `check` is called)
    """Return the problems that the file alone shows: enough if nothing is built from sources."""
    return [
        *check_region(tree),
        *check_network(tree),
        *check_references(tree),
        *check_layers(tree),
        *check_shared_layers(tree),
        *check_moved(tree),
        *check_routes(tree),
        *check_authorizers(tree),
        *check_cors(tree),
        *check_models(tree),
        *check_policies(tree),
        *check_endpoints(tree),
        *check_domain(tree),
        *check_boundary(tree),
        *check_tags(tree),
        *check_capacity(tree),
        *check_keys(tree),
        *check_alarms(tree),
        *check_topic(tree),
        *check_environment(tree),
    ]


def check_region(tree: YamlNode) -> Iterator[Problem]:
    region = tree.get("region")
    if region is None or not isinstance(region.value, str) or not region.value:
        return
    known = known_regions()
    if region.value not in known:
        yield region.problem(
            f'AWS has no region "{region.value}", as far as the installed boto3 knows',
            suggest(region.value, known) or "name one such as us-east-1, or upgrade boto3",
        )


def check_network(tree: YamlNode) -> Iterator[Problem]:
    zones, cidr = tree.number("network", "zones"), tree.get("network", "cidr")
    if cidr is None or not isinstance(cidr.value, str):
        return
    try:
        length = ipaddress.IPv4Network(cidr.value).prefixlen
    except ValueError:
        return  # validation reports it
    subnet = length + ((zones or 2) - 1).bit_length()
    if length <= _SMALLEST < subnet:
        yield cidr.problem(
            f"{cidr.value} in {zones or 2} zones leaves subnets of /{subnet}; "
            f"AWS takes none smaller than /{_SMALLEST}",
            f"write a range of /{length - (subnet - _SMALLEST)} or larger",
        )


_SMALLEST = 28


def check_references(tree: YamlNode) -> Iterator[Problem]:
    """Check the layers and tables of functions, and the functions and models of routes."""
    for _, function in tree.children("functions"):
        layers = function.node.get("layers")
        for layer in layers.elements if layers else ():
            yield from _reference(tree, layer, ("layers",), "layer")
        for name, entry in function.node.children("tables"):
            if _absent(tree, name, ("tables",)):
                yield entry.problem(*_unknown(tree, name, ("tables",), "table"))
    for _, route in tree.children("api", "routes"):
        target = route.node.get("function") or route.node
        yield from _reference(tree, target, ("functions",), "function")
        if body := route.node.get("body"):
            yield from _reference(tree, body, ("api", "models"), "model")


def _reference(
    tree: YamlNode, node: YamlNode, section: tuple[str, ...], kind: str
) -> Iterator[Problem]:
    if isinstance(node.value, str) and _absent(tree, node.value, section):
        yield node.problem(*_unknown(tree, node.value, section, kind))


def _absent(tree: YamlNode, name: str, section: tuple[str, ...]) -> bool:
    there = tree.get(*section)
    if there is None:
        # Without functions every route would be wrong; validation reports that they are missing.
        return section != ("functions",)
    return isinstance(there.value, dict) and name not in there.value


def _unknown(tree: YamlNode, name: str, section: tuple[str, ...], kind: str) -> tuple[str, str]:
    there = tree.get(*section)
    known = tuple(there.entries) if there else ()
    place = ".".join(section)
    others = f"{place} has: {listed(known)}" if known else f"add it to {place}"
    return f'there is no {kind} "{name}"', suggest(name, known) or others


def check_shared_layers(tree: YamlNode) -> Iterator[Problem]:
    """Check that a layer's functions agree: it is built once, for one Python and one processor."""
    usual = Function.model_construct()
    users: dict[str, tuple[str, YamlNode]] = {}
    for name, function in tree.children("functions"):
        layers = function.node.get("layers")
        for layer in layers.elements if layers else ():
            if not isinstance(layer.value, str):
                continue  # validation reports it
            if tree.string("layers", layer.value, "arn"):
                continue  # built by others, perhaps for several
            other, first = users.setdefault(layer.value, (name, function.node))
            for key, default in (("runtime", usual.runtime), ("architecture", usual.architecture)):
                ours = function.node.string(key) or default
                theirs = first.string(key) or default
                if ours != theirs:
                    yield layer.problem(
                        f'layer "{layer.value}" is built for {theirs}, which {other} runs on, '
                        f"and {name} runs on {ours}",
                        "add a second layer with the same source",
                    )


def check_domain(tree: YamlNode) -> Iterator[Problem]:
    domain = tree.get("api", "domain")
    if domain is None:
        return
    name, zone = domain.string("name"), domain.string("zone")
    by_name = zone and re.fullmatch(DOMAIN, zone)  # the domain of an id is looked up later
    if name and by_name and name != zone and not name.endswith(f".{zone}"):
        yield domain.entries["name"].node.problem(
            f"{name} is not inside the zone {zone}", f'write a name such as "api.{zone}"'
        )
    certificate = domain.get("certificate")
    parts = (domain.string("certificate") or "").split(":")
    if certificate is None or len(parts) < 6:  # noqa: PLR2004  (validation reports it)
        return
    region, account = tree.string("region"), tree.get("account")
    if region and parts[3] != region:
        # A Regional domain takes only a certificate of its own region (A28).
        yield certificate.problem(
            f"the certificate is in {parts[3]} and the API in {region}",
            f"name one of {region}, or null to request one",
        )
    if account and account.text and account.text != parts[4]:
        yield certificate.problem(
            f"the certificate belongs to account {parts[4]}, the stack to {account.text}",
            "name one of the same account, or null to request one",
        )
