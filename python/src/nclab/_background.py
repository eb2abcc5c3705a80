"""`nclab measure` of a file, beside a training: a process of its own, with less claim on the processor."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ._errors import InputError, WorkError
from ._node import environment, node, program


def measured(file: Path, settings: Mapping[str, Any], more: Sequence[str] = ()) -> dict[str, Any]:
    """The document of `nclab measure FILE --json`. `settings`: options, by the names that they have here. Raises InputError, WorkError."""
    options = [f"--{_dashed(name)}={value}" for name, value in settings.items() if value is not None]
    niceness = ["nice", "-n", "10"] if shutil.which("nice") else []
    words = [*niceness, node(), program(), "measure", str(file), "--json", "--threads", "1", *options, *more]
    done = subprocess.run(
        words,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**environment(), "NCLAB_WORDS": "recorder"},
        check=False,
    )
    if done.returncode == 2:
        raise InputError(done.stderr.strip().splitlines()[-1])
    if done.returncode not in (0, 3):
        raise WorkError(f"nclab measure {file.name}: exit code {done.returncode}: {done.stderr.strip()[-2000:]}")
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def _dashed(name: str) -> str:
    """`weight-decay` of weightDecay."""
    return re.sub("[A-Z]", lambda capital: f"-{capital[0].lower()}", name)
