"""What IAM must allow for the calls we make: declared beside them, gathered here into policies."""
