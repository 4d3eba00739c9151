"""Checks every request that `up` would send against AWS's limits, before the first call.

`requests` rehearses the stack without AWS (`rehearsal`, `answers`, `placeholders`). `check`
compares the requests with botocore's model (`model_constraints`) and with the table of AWS's limits
(`limits`), and finds the position in config.yaml that a request comes from (`config_positions`).
"""

from provision.preflight.check import check_first_requests, check_requests

__all__ = ["check_first_requests", "check_requests"]
