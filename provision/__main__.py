"""`python -m provision` is `provision`.

Python puts the folder in which it is typed before all others that modules come from. There may be
a checkout with a `boto3.py` of its own, so it is taken away before anything else is imported.
"""

import os
import sys

_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
_HERE = os.getcwd()  # noqa: PTH109

if not sys.flags.safe_path and _HERE != _OURS and sys.path[:1] in ([""], [_HERE]):
    del sys.path[0]

from provision.entry import main  # noqa: E402

if __name__ == "__main__":
    main()
