"""A tool that deploys and removes a production serverless API by calling AWS directly.

`cli` parses options, `commands` runs one command to its exit code, `views` draws what it reports.
`workflows` are whole procedures and reports on top of the engine; `engine` observes AWS and carries
plans out; `plan` decides, as values; `state` is the journal on disk; `permissions` gathers IAM
policies; `preflight` holds every request against AWS's limits before the first call.
`stack` turns the configuration into nodes, `steps` has a file a kind of AWS resource, `model` the
types that all of these share. `config` reads config.yaml, `aws` is the way to AWS, `local` the
embedded emulator, `packaging` the zips for Lambda, `sanitizing` makes text harmless on its way out.
"""

__version__ = "0.1.0"
LOCAL_ENVIRONMENT = "local"
"""The environment of the emulator, which needs no AWS account; every configuration has it."""
