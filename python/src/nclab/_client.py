"""One process for all calls: started when first needed, and again when it is gone."""

from __future__ import annotations

import atexit
import itertools
import json
import os
import threading
from collections.abc import Mapping
from typing import Any

from ._arrays import Packer
from ._errors import DefectError, InputError, NclabError, WorkError
from ._process import Ended, Process

#: A process that is gone this soon after a question (s) was gone before it: the question is asked again, once.
_soon = 1.0


class Client:
    """Asks `nclab serve --stdio`. For threads: one question at a time, the others wait. After a fork the child has a process of its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: Process | None = None
        self._owner = os.getpid()
        self._numbers = itertools.count(1)
        #: Seconds that an answer may take; None: as long as it takes.
        self.timeout: float | None = None

    def ask(self, do: str, settings: Mapping[str, Any]) -> dict[str, Any]:
        """The document, as plain data. Settings that are None are not given. Throws InputError, WorkError, DefectError."""
        packer = Packer()
        number = next(self._numbers)
        try:
            given = {name: packer.plain(value, name) for name, value in settings.items() if value is not None}
            line = json.dumps({"id": number, "do": do, "input": given}, allow_nan=False).encode()
            if os.getpid() != self._owner:
                self._after_fork()
            with self._lock:
                answer = json.loads(self._answered(line, packer))
                if answer.get("id") != number:
                    self._let_go()
                    raise DefectError(f"nclab: expected the answer to request {number}, got {str(answer)[:200]}")
        finally:
            packer.close()
        if "error" in answer:
            raise _error(answer["error"])
        document: dict[str, Any] = answer["document"]
        return document

    def _answered(self, line: bytes, packer: Packer) -> bytes:
        for last in (False, True):
            if self._process is None or not self._process.alive:
                self._let_go()
                self._process = Process()
            try:
                return self._process.ask(line, self.timeout)
            except Ended as ended:
                self._process = None
                if last or ended.after > _soon or not packer.unread():
                    raise WorkError(f"nclab: {ended}; the next call starts another") from None
            except BaseException:
                # It was ended with whatever broke off the waiting.
                self._process = None
                raise
        raise AssertionError

    @property
    def pid(self) -> int | None:
        """Of the process, where there is one."""
        return None if self._process is None else self._process.pid

    def close(self) -> None:
        """Ends the process; the next call starts another. A question that another thread waits for has a second to be answered."""
        process = self._process
        free = self._lock.acquire(timeout=1)
        try:
            if process is not None and os.getpid() == self._owner:
                if free:
                    process.close()
                else:
                    process.end()
            if free:
                self._process = None
        finally:
            if free:
                self._lock.release()

    def _let_go(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process = None

    def _after_fork(self) -> None:
        """The process is the parent's, and the lock may have been held by a thread that is not here."""
        self._lock = threading.Lock()
        self._owner = os.getpid()
        if self._process is not None:
            self._process.forget()
            self._process = None


def _error(error: Mapping[str, Any]) -> NclabError:
    message = str(error["message"])
    if error["kind"] == "input":
        return InputError(message, error["what"], error["rule"], error["value"])
    return WorkError(message) if error["kind"] == "work" else DefectError(message)


#: The client of the module's functions.
default = Client()
atexit.register(default.close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=default._after_fork)
