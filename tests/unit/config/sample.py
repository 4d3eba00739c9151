"""A small valid configuration that has everything, and how tests load a changed one."""

from __future__ import annotations

from pathlib import Path

from provision.config import Config, ConfigInvalid, Problem, load

PIN = f"six==1.17.0 --hash=sha256:{'0' * 64}\n"
SAMPLE = """\
name: tap
environment: dev
region: us-east-1
account: "012345678901"
tags: {Environment: production}
network: {cidr: 10.20.0.0/24, zones: 2}
tables:
  items:
    key: id
    sort_key: null
    read: {min: 5, max: 100, target: 70}
    expire: {attribute: expires_at, days: 30}
    protect: true
layers:
  dependencies: {source: layer}
functions:
  items:
    source: function
    handler: app.handler
    runtime: python3.13
    architecture: arm64
    memory: 512
    timeout: 10
    layers: [dependencies]
    tables: {items: write}
    environment: {LOG_LEVEL: INFO}
    retries: {attempts: 2, max_age: 3600}
    log: {retention: 30}
api:
  stage: v1
  routes:
    GET /items: items
    POST /items: {function: items, body: Item, query: [kind]}
    GET /items/{id}: items
  models:
    Item: {type: object, required: [name], properties: {name: {type: string}}}
  cors: {origins: ["*"], headers: [X-Api-Key], max_age: 600}
  throttle: {rate: 1000, burst: 2000}
  quota: {limit: 10, period: DAY}
  keys: [default]
  log: {level: INFO, retention: 30}
  domain: {name: api.example.com, zone: example.com, certificate: null}
monitoring:
  email: null
  alarms: {function_errors: 1, period: 60}
environments:
  local: {}
  prod:
    functions: {items: {memory: 1024}}
"""


def furnish(folder: Path) -> Path:
    """Create the files that the sample refers to, and return the path for its config.yaml."""
    (folder / "function").mkdir()
    (folder / "function" / "app.py").write_text("def handler(event, context): ...\n")
    (folder / "layer").mkdir()
    (folder / "layer" / "requirements.txt").write_text(PIN)
    return folder / "config.yaml"


def load_text(path: Path, text: str, environment: str | None = None) -> Config:
    path.write_text(text, encoding="utf-8")
    return load(path, environment=environment)


def problems_of(path: Path, text: str, environment: str | None = None) -> tuple[Problem, ...]:
    """Return the problems of the text, or none if it loads."""
    try:
        load_text(path, text, environment)
    except ConfigInvalid as invalid:
        return invalid.problems
    return ()


def changed(old: str, new: str, text: str = SAMPLE) -> str:
    """Return the sample with one passage replaced, which must be there."""
    assert old in text, f"{old!r} is not in the sample"
    return text.replace(old, new, 1)


def line_of(text: str, passage: str) -> int:
    """Return the number of the line, from 1, on which the passage begins."""
    return text[: text.index(passage)].count("\n") + 1
