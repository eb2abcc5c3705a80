"""The package as a stranger gets it: a wheel with all that runs inside, unpacked where there is no checkout."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import unittest
import zipfile
from pathlib import Path

here = Path(__file__).resolve().parents[1]


def builds() -> bool:
    """Whether this Python has what builds wheels."""
    code = "import setuptools; assert int(setuptools.__version__.split('.')[0]) >= 77"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0


@unittest.skipUnless(importlib.util.find_spec("setuptools") and builds(), "a Python with setuptools 77 or newer")
class Wheel(unittest.TestCase):
    folder: tempfile.TemporaryDirectory[str]

    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        code = "import build_backend, sys; print(build_backend.build_wheel(sys.argv[1]))"
        done = subprocess.run(
            [sys.executable, "-c", code, cls.folder.name], cwd=here, capture_output=True, text=True, check=False
        )
        if done.returncode != 0 or "Deprecat" in done.stderr:
            raise AssertionError(done.stdout + done.stderr)
        cls.name = done.stdout.strip().splitlines()[-1]
        with zipfile.ZipFile(Path(cls.folder.name) / cls.name) as wheel:
            cls.files = wheel.namelist()
            wheel.extractall(Path(cls.folder.name) / "site")

    def run_there(self, code: str, *arguments: str) -> str:
        environment = {**os.environ, "PYTHONPATH": str(Path(self.folder.name) / "site")}
        done = subprocess.run(
            [sys.executable, *(("-c", code) if code else ("-m", "nclab")), *arguments],
            cwd=self.folder.name,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_it_is_of_every_system_and_small(self) -> None:
        self.assertTrue(self.name.endswith("-py3-none-any.whl"), self.name)
        self.assertLess((Path(self.folder.name) / self.name).stat().st_size, 25_000_000)
        self.assertIn("nclab/py.typed", self.files)
        left_out = [f for f in self.files if f.endswith((".node", ".map", ".d.ts")) or "/typescript/" in f]
        self.assertEqual(left_out, [])
        self.assertFalse((here / "src/nclab/_node").exists())

    def test_versions_are_equal(self) -> None:
        version = json.loads((here.parent / "package.json").read_text())["version"]
        self.assertEqual(self.name, f"nclab-{version}-py3-none-any.whl")
        self.assertEqual(self.run_there("import nclab; print(nclab.__version__)").strip(), version)
        self.assertEqual(self.run_there("", "--version").strip(), version)

    def test_the_licence_is_told(self) -> None:
        (metadata,) = [name for name in self.files if name.endswith(".dist-info/METADATA")]
        text = (Path(self.folder.name) / "site" / metadata).read_text(encoding="utf-8")
        self.assertIn("\nLicense-Expression: MIT\n", text)
        self.assertIn("nclab/_node/LICENSE", self.files)

    def test_it_predicts_and_measures(self) -> None:
        code = """
import nclab, nclab._node
assert "site" in nclab._node.program(), nclab._node.program()
print(nclab.predict(counts="5x500,5x100", lambdaZ=0.0039).rank)
print(nclab.measure([[1, 0], [0, 1.5], [1.1, 0], [0, 1]], [0, 1, 0, 1]).K)
"""
        self.assertEqual(self.run_there(code).split()[1], "2")

    def test_commands_find_their_dependencies(self) -> None:
        picture = Path(self.folder.name) / "z.svg"
        self.run_there("", "predict", "--counts", "5x500,5x100", "--lambda-z", "0.0039", "--plot", str(picture))
        self.assertIn("<svg", picture.read_text())
        self.run_there(
            "", "predict", "--counts", "5x500,5x100", "--lambda-z", "0.0039", "--plot", str(picture.with_suffix(".pdf"))
        )


if __name__ == "__main__":
    unittest.main()
