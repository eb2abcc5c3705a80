"""The command line beside the package: the same program, another process."""

from __future__ import annotations

import json
import re
import subprocess
from typing import Any

from nclab._node import node, program


def printed(*arguments: str) -> dict[str, Any]:
    """The document that `nclab ... --json` prints."""
    done = subprocess.run([node(), program(), *arguments, "--json"], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 3):
        raise AssertionError(done.stderr)
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def without_time(document: dict[str, Any]) -> str:
    """Text, so that numbers are compared to the last bit and keys in their order."""
    return re.sub(r'"seconds": [\d.e+-]+', '"seconds": 0', json.dumps(document))
