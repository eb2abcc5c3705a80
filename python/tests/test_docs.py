"""The code of docs/python.md, run from top to bottom; what stands below a block is what it prints."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import re
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any

page = Path(__file__).resolve().parents[2] / "docs/python.md"


class Docs(unittest.TestCase):
    def work_in(self, folder: tempfile.TemporaryDirectory[str]) -> None:
        """What the blocks write goes there."""
        self.addCleanup(folder.cleanup)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(folder.name)

    def test_blocks(self) -> None:
        text_of_page = page.read_text(encoding="utf-8")
        blocks = re.findall(r"^```(python|text)(?: needs=(\S+))?\n(.*?)^```$", text_of_page, re.MULTILINE | re.DOTALL)
        self.assertGreater(len(blocks), 6)
        shared: dict[str, Any] = {}
        self.work_in(tempfile.TemporaryDirectory())
        for i, (kind, needs, text) in enumerate(blocks):
            if kind == "text":
                continue
            missing = [name for name in needs.split(",") if name and importlib.util.find_spec(name) is None]
            if missing:
                print(f"block {i + 1} ... skipped: no {missing[0]}", file=sys.stderr)
                compile(text, page.name, "exec")
                continue
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(compile(text, f"{page.name}, block {i + 1}", "exec"), shared)
            if i + 1 < len(blocks) and blocks[i + 1][0] == "text":
                self.assertEqual(printed.getvalue(), blocks[i + 1][2])


if __name__ == "__main__":
    unittest.main()
