"""Checks that browsers accept `api.cors` together with credentials."""

from __future__ import annotations

from collections.abc import Iterator

from provision.config.problems import Problem
from provision.config.yaml.nodes import YamlNode

_LISTS = {
    "origins": "name the origins of your pages, or write credentials: false",
    "headers": "name the headers",
    "expose": "name the headers",
}


def check_cors(tree: YamlNode) -> Iterator[Problem]:
    """Refuse `*` with credentials: browsers then refuse the answer, or read `*` as a name.

    https://fetch.spec.whatwg.org/#cors-protocol-and-credentials
    """
    credentials = tree.get("api", "cors", "credentials")
    if credentials is None or credentials.value is not True:
        return
    for key, suggestion in _LISTS.items():
        listed = tree.get("api", "cors", key)
        for each in listed.elements if listed else ():
            if each.value == "*":
                yield each.problem(
                    "with credentials: true a browser does not take * for any", suggestion
                )
