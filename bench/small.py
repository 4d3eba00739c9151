"""The small processes that the commands are compared with, and the proxy's own cost."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

import urllib3

from bench.home import PROVISION
from bench.machine import Emulated
from bench.process import Measured, measure
from bench.targets import Small

ONE_CLIENT = "import boto3; boto3.client('sts')"
TRIES = 5
WHO_AM_I = "Action=GetCallerIdentity&Version=2011-06-15"
SIGNED = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=testing/20260101/us-east-1/sts/aws4_request, ",
    "Content-Type": "application/x-www-form-urlencoded",
}


def measure_small(account: Emulated, services: Sequence[str], output: Path) -> Small:
    """Medians of five. `services`: whose clients the run holds."""
    holding = f"import boto3; held = [boto3.client(name) for name in {sorted(services)!r}]"

    def runs(*command: str) -> list[Measured]:
        return [
            measure(command, home=output.parent, environment=account.environment(), output=output)
            for _ in range(TRIES)
        ]

    return Small(
        start_up=median(run.wall for run in runs(sys.executable, "-c", ONE_CLIENT)),
        help_cpu=median(run.cpu for run in runs(*PROVISION, "--help")),
        click_cpu=median(run.cpu for run in runs(sys.executable, "-c", "import click")),
        clients=len(services),
        clients_memory=median(run.memory for run in runs(sys.executable, "-c", holding)),
    )


def proxy_cost(account: Emulated, latency: float, calls: int = 200, threads: int = 8) -> float:
    """Seconds that the proxy itself adds to a call while `threads` call at once."""
    account.wait_on_every_call(0)
    direct, through = (
        _seconds_a_call(port, calls, threads) for port in (account.direct, account.port)
    )
    account.wait_on_every_call(latency)
    account.calls()
    return max(0.0, through - direct)


def _seconds_a_call(port: int, calls: int, threads: int) -> float:
    pool = urllib3.HTTPConnectionPool("127.0.0.1", port, maxsize=threads)

    def call(_: int) -> float:
        began = time.perf_counter()
        pool.request("POST", "/", body=WHO_AM_I, headers=SIGNED)
        return time.perf_counter() - began

    with ThreadPoolExecutor(threads) as workers:
        return median(workers.map(call, range(calls)))
