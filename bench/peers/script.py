"""A plain boto3 script with eight threads.

It makes the calls that it is given, in the order that AWS demands, with no state and without
reading before or after.

`python script.py PROGRAM IDS`: PROGRAM as `bench/recording.py` writes it, IDS a file in which the
ids that AWS chose are kept for the next program. It knows nothing of `provision`.
"""

from __future__ import annotations

import json
import re
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from graphlib import TopologicalSorter
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

THREADS = 8
WORD = r"[A-Za-z0-9-]+"
"""Ids occur alone or within ARNs and addresses."""


class Script:
    """One run: clients made first, nodes by eight threads, each after those it has to follow."""

    def __init__(self, program: dict[str, Any], ids: dict[str, str]) -> None:
        self.program = program
        self.ids = ids
        config = Config(max_pool_connections=THREADS, retries={"total_max_attempts": 1})
        services = {call["service"] for node in program.values() for call in node["calls"]}
        self.clients = {name: boto3.client(name, config=config) for name in sorted(services)}
        self.methods = {
            name: {
                operation: method for method, operation in client.meta.method_to_api_mapping.items()
            }
            for name, client in self.clients.items()
        }
        self.mutex = threading.Lock()

    def run(self) -> None:
        graph = {
            name: [need for need in node["after"] if need in self.program]
            for name, node in self.program.items()
        }
        order = TopologicalSorter(graph)
        order.prepare()
        ended: SimpleQueue[tuple[str, BaseException | None]] = SimpleQueue()

        def work(name: str) -> None:
            try:
                for call in self.program[name]["calls"]:
                    self.call(call)
                ended.put((name, None))
            except BaseException as error:  # noqa: BLE001  (raised again below)
                ended.put((name, error))

        with ThreadPoolExecutor(THREADS) as pool:
            while order.is_active():
                for name in order.get_ready():
                    pool.submit(work, name)
                name, error = ended.get()
                if error:
                    raise error
                order.done(name)

    def call(self, call: dict[str, Any]) -> None:
        client = self.clients[call["service"]]
        method = getattr(client, self.methods[call["service"]][call["operation"]])
        try:
            answer = method(**self.filled(call["params"]))
        except ClientError as error:  # where AWS answered so before: a look at what is not there
            if error.response["Error"]["Code"] != call["answer"].get("Error", {}).get("Code"):
                raise
            return
        with self.mutex:
            self.learn(call["answer"], answer)

    def filled(self, value: Any) -> Any:
        """With this account's ids in the place of the recorded ones, and the zips read."""
        if isinstance(value, dict):
            if "zip" in value:
                return Path(value["zip"]).read_bytes()
            return {key: self.filled(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.filled(item) for item in value]
        if isinstance(value, str):
            return re.sub(WORD, lambda word: self.ids.get(word[0], word[0]), value)
        return value

    def learn(self, recorded: Any, answered: Any) -> None:
        """Note the ids AWS chose this time, by those it chose when the calls were recorded."""
        if isinstance(recorded, dict) and isinstance(answered, dict):
            for key, value in recorded.items():
                self.learn(value, answered.get(key))
        elif isinstance(recorded, list) and isinstance(answered, list):
            for one, other in zip(recorded, answered, strict=False):
                self.learn(one, other)
        elif isinstance(recorded, str) and isinstance(answered, str) and recorded != answered:
            words = zip(re.findall(WORD, recorded), re.findall(WORD, answered), strict=False)
            self.ids |= {one: other for one, other in words if one != other}


if __name__ == "__main__":
    kept = Path(sys.argv[2])
    script = Script(
        json.loads(Path(sys.argv[1]).read_text("utf-8")),
        json.loads(kept.read_text("utf-8")) if kept.exists() else {},
    )
    script.run()
    kept.write_text(json.dumps(script.ids), "utf-8")
