"""One process of `nclab serve --stdio`: a line in, a line out."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from typing import Any

from ._errors import WorkError
from ._node import environment, node, program

_start_timeout = 60.0


class Ended(Exception):
    """The process is gone; `after`: seconds from the question on."""

    def __init__(self, how: str, after: float) -> None:
        super().__init__(how)
        self.after = after


class Process:
    """Starts at once. Throws WorkError where it does not come up."""

    def __init__(self) -> None:
        # What it says on stderr is read when it has ended, so that no pipe can fill up.
        self._said = tempfile.TemporaryFile()
        # Ctrl-C is for Python alone, which then ends the process or lets it live (Windows: CREATE_NEW_PROCESS_GROUP).
        apart: dict[str, Any] = {"creationflags": 0x200} if sys.platform == "win32" else {"start_new_session": True}
        self._child = subprocess.Popen(
            [node(), program(), "serve", "--stdio"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            env=environment(),
            **apart,
        )
        try:
            greeting = json.loads(self._read(_start_timeout))
        except Ended as ended:
            raise WorkError(f"nclab did not start: {ended}") from None
        except ValueError as error:
            self.kill()
            raise WorkError(f"nclab did not start: expected its greeting, got {error}") from None
        self.version = str(greeting["nclab"])

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def alive(self) -> bool:
        return self._child.poll() is None

    def ask(self, line: bytes, timeout: float | None) -> bytes:
        """The answer. Throws Ended; whatever interrupts the waiting ends the process, whose answer would be that of the next question."""
        began = time.monotonic()
        try:
            assert self._child.stdin is not None
            self._child.stdin.write(line + b"\n")
            self._child.stdin.flush()
            return self._read(timeout)
        except Ended as ended:
            ended.after = time.monotonic() - began
            raise
        except OSError:
            raise Ended(self._how(), time.monotonic() - began) from None
        except BaseException:
            self.kill()
            raise

    def _read(self, timeout: float | None) -> bytes:
        assert self._child.stdout is not None
        late = threading.Event()

        def stop() -> None:
            late.set()
            self._child.kill()

        timer = None if timeout is None else threading.Timer(timeout, stop)
        if timer is not None:
            timer.daemon = True
            timer.start()
        try:
            line: bytes = self._child.stdout.readline()
        finally:
            if timer is not None:
                timer.cancel()
        if line.endswith(b"\n"):
            return line
        if late.is_set():
            self._child.wait()
            self._close()
            raise WorkError(f"nclab: expected an answer within {timeout} s, got none; its process was ended")
        raise Ended(self._how(), 0)

    def _how(self) -> str:
        """How it ended, in words, with the end of what it said."""
        try:
            code = self._child.wait(5)
        except subprocess.TimeoutExpired:
            self._child.kill()
            code = self._child.wait()
        self._said.seek(0)
        said = self._said.read().decode(errors="replace").strip()[-2000:]
        self._close()
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return f"its process ended ({how}){': ' + said if said else ''}"

    def end(self) -> None:
        """Ends it under whoever waits for it, who is told."""
        self._child.kill()

    def kill(self) -> None:
        """Ends it now."""
        self._child.kill()
        self._child.wait()
        self._close()

    def close(self) -> None:
        """Lets it end by itself, and ends it where it does not."""
        try:
            if self._child.stdin is not None:
                self._child.stdin.close()
            self._child.wait(1)
        except (OSError, subprocess.TimeoutExpired):
            self._child.kill()
            self._child.wait()
        self._close()

    def forget(self) -> None:
        """In a forked child: lets go of the parent's pipes without a word to its process."""
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                try:
                    pipe.raw.close()  # type: ignore[attr-defined]
                except OSError:
                    pass
        self._child.returncode = 0
        self._said.close()

    def _close(self) -> None:
        for pipe in (self._child.stdin, self._child.stdout, self._said):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    pass
