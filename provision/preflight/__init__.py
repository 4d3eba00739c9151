"""Every request that `up` would send, held against AWS's limits before the first call.

`requests` rehearses the stack without AWS (`rehearsal`, `answers`, `placeholders`); `check` holds
what would be sent against botocore's model (`model_constraints`) and the table of AWS's limits
(`limits`), and says where in config.yaml it comes from (`config_positions`).
"""

from provision.preflight.check import foresee, foresee_first

__all__ = ["foresee", "foresee_first"]
