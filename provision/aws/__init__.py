"""The connection to AWS: clients, and what happens around each of their calls.

`client.Aws` creates the typed clients and knows the location. `call_hooks.CallHooks` refuses,
delays, counts and retries their calls, and `waiting.Waiter` polls conditions. `access.Access` says
how AWS is reached, `session` sets up the SDK, and `credential_guard` decides where credentials may
be sent. `retry` decides which errors are temporary; `error_codes`, `connection_errors`,
`clock_skew` and `regions` know the codes and causes of the others.
"""
