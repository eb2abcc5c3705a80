"""The build backend: setuptools, with the built nclab and what it needs at run time packed into the package first.

In a checkout `dist/` and the dependencies of the lock file are copied to `src/nclab/_node/` and removed again after the build, so that a checkout always runs its own `dist/`. In a source
distribution they are there already.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from setuptools import build_meta
from setuptools.build_meta import (  # noqa: F401
    build_editable,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    get_requires_for_build_wheel,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

here = Path(__file__).resolve().parent
root = here.parent
packed = here / "src" / "nclab" / "_node"


def build_wheel(wheel_directory: str, config_settings: Any = None, metadata_directory: str | None = None) -> str:
    with node_files():
        return build_meta.build_wheel(wheel_directory, config_settings, metadata_directory)


def build_sdist(sdist_directory: str, config_settings: Any = None) -> str:
    with node_files():
        return build_meta.build_sdist(sdist_directory, config_settings)


@contextmanager
def node_files() -> Iterator[None]:
    """`_node/` for as long as the build takes."""
    # setuptools puts into a wheel whatever an earlier build left there.
    shutil.rmtree(here / "build", ignore_errors=True)
    if not (root / "package-lock.json").is_file():
        if not packed.is_dir():
            raise SystemExit(f"nclab: expected the built nclab in {packed}, or a checkout around {here}: got neither")
        yield
        return
    try:
        pack()
        yield
    finally:
        shutil.rmtree(packed, ignore_errors=True)
        shutil.rmtree(here / "build", ignore_errors=True)


def pack() -> None:
    """Copies what runs: no maps, no types, nothing that is compiled for one machine."""
    if not (root / "dist" / "cli" / "main.js").is_file() or not (root / "node_modules").is_dir():
        raise SystemExit(f"nclab: expected a built checkout in {root}, got none: npm ci && npm run build there first")
    shutil.rmtree(packed, ignore_errors=True)
    shutil.copytree(root / "dist", packed / "dist", ignore=unneeded)
    for name in ["package.json", "LICENSE"]:
        shutil.copy2(root / name, packed / name)
    for place in dependencies():
        shutil.copytree(root / place, packed / place, ignore=unneeded, dirs_exist_ok=True)


def dependencies() -> list[str]:
    """Where the dependencies of the lock file stand (`node_modules/a`, `node_modules/a/node_modules/b`), those of dependencies with them."""
    packages: dict[str, dict[str, Any]] = json.loads((root / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    found: dict[str, None] = {}
    waiting = [("", name) for name in packages[""]["dependencies"]]
    while waiting:
        above, name = waiting.pop()
        place = resolved(packages, above, name)
        if place in found:
            continue
        found[place] = None
        waiting += [(place, other) for other in packages[place].get("dependencies", {})]
    return sorted(found)


def resolved(packages: dict[str, Any], above: str, name: str) -> str:
    """As Node finds it: the nearest `node_modules` upwards."""
    while True:
        place = f"{above}/node_modules/{name}".lstrip("/")
        if place in packages:
            return place
        if not above:
            raise SystemExit(f"nclab: expected {name} in package-lock.json, got none")
        above = above.rpartition("/node_modules/")[0]


def unneeded(folder: str, names: list[str]) -> set[str]:
    """Nested `node_modules` are copied by their own places in the lock file; licences stay, whatever they are written in."""
    left_out = (".map", ".d.ts", ".d.mts", ".d.cts", ".md", ".markdown", ".flow", ".node")
    folders = ("node_modules", "test", "tests", "docs", ".bin")
    licence = re.compile(r"(?i)licen|copying|notice|copyright")
    return {name for name in names if name in folders or (name.endswith(left_out) and not licence.match(name))}
