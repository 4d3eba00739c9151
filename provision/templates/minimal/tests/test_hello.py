"""The function, called as Lambda calls it: `python -m unittest discover tests` runs this."""

from __future__ import annotations

import json
import sys
import unittest
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT / "function"))

import app


class Hello(unittest.TestCase):
    def test_it_greets_by_name(self) -> None:
        event = json.loads((PROJECT / "events" / "get-hello.json").read_text("utf-8"))
        found = app.handler(event, None)
        self.assertEqual(found["statusCode"], 200)
        self.assertEqual(json.loads(found["body"]), {"message": "Hello, Ada."})


if __name__ == "__main__":
    unittest.main()
