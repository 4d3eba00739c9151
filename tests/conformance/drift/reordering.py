"""AWS's own order, spelling and system tags, in every answer at random."""

from __future__ import annotations

import json
import random
from typing import Any, Final

from tests.support.harness import Recorder

ORDERED: Final = frozenset(["Layers"])
"""Lists whose order matters: a later layer overwrites files of an earlier one."""
SYSTEM: Final = "aws:theirs"
ROOT: Final = "arn:aws:iam::{}:root"


class Bending(Recorder):
    """Rewrites every answer, in another way for every seed."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.chance = random.Random(seed)
        self.bent = 0

    def watch(self, client: Any) -> None:
        super().watch(client)
        client.meta.events.register_last("after-call.*.*", self._bend)

    def _bend(self, parsed: Any, **_: Any) -> None:
        for name in list(parsed):
            if name != "ResponseMetadata":
                parsed[name] = self.bend(name, parsed[name])

    def bend(self, name: str, value: Any) -> Any:
        """Return a value that is equal for AWS, and not for `==`."""
        if isinstance(value, dict) and {"Version", "Statement"} <= value.keys():
            return self.policy(value)  # a rule of a web ACL has a statement too
        if isinstance(value, dict):
            inside = {key: self.bend(key, one) for key, one in self.shuffled(value.items())}
            return {**inside, SYSTEM: "1"} if name == "tags" else inside
        if isinstance(value, list):
            listed = [self.bend("", one) for one in value]
            if listed and isinstance(listed[0], dict) and listed[0].keys() == {"Key", "Value"}:
                listed.append({"Key": SYSTEM, "Value": "1"})
            return listed if name in ORDERED else self.shuffled(listed)
        if isinstance(value, str) and '"Statement"' in value:
            return json.dumps(self.policy(json.loads(value)))
        return value

    def shuffled(self, values: Any) -> list[Any]:
        self.bent += 1
        listed = list(values)
        self.chance.shuffle(listed)
        return listed

    def policy(self, document: Any) -> Any:
        """Return statements and lists in any order, one outside a list, an empty Sid (I6, L17)."""
        listed = document["Statement"]
        statements = [
            self.statement(one) for one in (listed if isinstance(listed, list) else [listed])
        ]
        return {**document, "Statement": self.shuffled(statements)}

    def statement(self, statement: Any) -> Any:
        bent = {key: self.either(value) for key, value in self.shuffled(statement.items())}
        if "Principal" in bent and isinstance(bent["Principal"], dict):
            bent["Principal"] = {key: self.principal(one) for key, one in bent["Principal"].items()}
        return bent if "Sid" in bent else {**bent, "Sid": ""}

    def either(self, value: Any) -> Any:
        """Return a list in any order, or the only value of a list of one: equal for AWS."""
        if isinstance(value, list):
            return value[0] if len(value) == 1 else self.shuffled(value)
        return value

    def principal(self, value: Any) -> Any:
        """Return an account as its root, as AWS shows it (I6)."""
        plain = self.either(value)
        return ROOT.format(plain) if isinstance(plain, str) and plain.isdigit() else plain
