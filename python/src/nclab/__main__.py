"""`nclab ...` and `python -m nclab ...`: the command line of nclab, by the Node that the package found."""

from __future__ import annotations

import os
import subprocess
import sys

from ._errors import NodeNotFoundError
from ._node import node, program


def main() -> int:
    try:
        words = [node(), program(), *sys.argv[1:]]
    except NodeNotFoundError as error:
        print(error, file=sys.stderr)
        return 1
    if os.name == "posix":
        # The same process: signals and exit codes are those of nclab.
        os.execv(words[0], words)
    return subprocess.call(words)


if __name__ == "__main__":
    sys.exit(main())
