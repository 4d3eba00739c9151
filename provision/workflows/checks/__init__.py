"""Asks the deployed stack whether it keeps what config.yaml promises; writes nothing.

`catalog` lists the checks, `runner` asks them until each has passed twice in a row or the time is
up. A check asks through a `Round`: the answers of the API and of AWS, each fetched once a round.
`http` sends the requests, and only those that cannot write: GET, OPTIONS, and bodies that
`refusable` has shown the validator to refuse. `poison` alone writes, and only for `--deep`.
"""
