"""The way to AWS: clients, and what happens around each of their calls.

`client.Aws` makes the typed clients, counts and paces their calls, and waits for conditions.
`access` says how AWS is reached, `session` how the SDK is set up, `credential_guard` where
credentials may go. `retry` decides which errors pass by themselves; `error_codes`,
`connection_errors`, `clock_skew` and `regions` know the codes and causes of the others.
"""
