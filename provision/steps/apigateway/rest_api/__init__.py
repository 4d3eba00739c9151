"""One REST API with everything in it.

`api.RestApi` is the step. `contents` defines the contents of an API, in one shape for want and
have. `routes` and `responses` convert the step's fields into contents and back; `reading` and
`writing` make the calls, and `status` waits until a change is complete.
"""
