"""The code of docs/python.md, run from top to bottom; what stands below a block is what it prints."""

from __future__ import annotations

import contextlib
import io
import re
import unittest
from pathlib import Path
from typing import Any

page = Path(__file__).resolve().parents[2] / "docs/python.md"


class Docs(unittest.TestCase):
    def test_blocks(self) -> None:
        blocks = re.findall(r"^```(python|text)\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
        self.assertGreater(len(blocks), 6)
        shared: dict[str, Any] = {}
        for i, (kind, text) in enumerate(blocks):
            if kind == "text":
                continue
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(compile(text, f"{page.name}, block {i + 1}", "exec"), shared)
            if i + 1 < len(blocks) and blocks[i + 1][0] == "text":
                self.assertEqual(printed.getvalue(), blocks[i + 1][1])


if __name__ == "__main__":
    unittest.main()
