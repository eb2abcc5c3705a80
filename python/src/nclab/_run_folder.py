"""The folder of one recorder: that it is free, who writes in it, its lines of measurements, and which files are its own."""

from __future__ import annotations

import json
import os
import platform
import sys
import warnings
from pathlib import Path
from typing import Any

from ._errors import InputError, WorkError
from ._shards import is_half

#: Folders that recorders of this process write in.
_held: set[Path] = set()


class RunFolder:
    """Made or opened, and held against other recorders until `close`. Raises InputError where it is not the recorder's to write in."""

    def __init__(self, folder: Any, resume: bool, first: bool) -> None:
        """`first`: of several processes, which share a folder by design, the first holds it."""
        try:
            # A script that changes its folder meanwhile goes on writing here.
            self.place = Path(os.fsdecode(folder)).absolute()
            self.place.mkdir(parents=True, exist_ok=True)
            names = sorted(x.name for x in self.place.iterdir())
            lines = self.place / "measurements.jsonl"
            data = lines.read_bytes() if lines.exists() else None
        except TypeError:
            raise _wrong("the path of a folder", type(folder).__name__) from None
        except ValueError as error:
            raise _wrong("the path of a folder", f"{folder!r}: {error}") from None
        except OSError as error:
            raise _wrong("a folder that can be made", f"{folder}: {error.strerror}") from None
        if not os.access(self.place, os.W_OK):
            raise _wrong("a folder that can be written to", f"{self.place}, which is read-only (name another one)")
        self._lines = lines
        self._lock = self.place / ".nclab-lock"
        # Files whose name begins with a point (of an editor, of git) are nobody's results, and no recorder touches them.
        others = [name for name in names if not name.startswith(".") and not is_half(name)]
        _refuse_foreign(self.place, others, data, resume)
        self._holds = first
        if first:
            self._hold()
        try:
            #: Of the last measurement that stands here; 0: none does.
            self.epoch = self._go_on(data or b"", first)
            if first:
                # From the first moment on it is seen whose the folder is: by nclab watch, which leaves the features in it alone, and by whoever goes on after a run that was killed.
                self._lines.touch()
        except OSError as error:
            self.close()
            raise _wrong("a folder that can be written to", f"{self.place}: {error.strerror}") from None
        last = self.file(self.epoch)
        #: Features that this run wrote and that are still there: nothing else is ever deleted.
        self._features = [last] if self.epoch > 0 and last.exists() else []
        self._written: dict[int, tuple[int, int]] = {}

    def file(self, number: int) -> Path:
        """Of an epoch's features."""
        return self.place / f"epoch-{number:05d}.safetensors"

    def wrote(self, file: Path) -> None:
        """Features, which are this run's from now on."""
        self._features.append(file)

    def keep_only(self, file: Path) -> None:
        """Of the features that this run wrote."""
        for older in self._features:
            if older != file:
                older.unlink(missing_ok=True)
        self._features = [file]

    def add(self, number: int, document: dict[str, Any]) -> None:
        """A measurement: a line without Z, and `last.json` with it. Both or, where the disk is full, neither: OSError."""
        part = self.place / "last.json.part"
        # Z of every epoch would be most of it: the last one's is in a file of its own.
        line = (json.dumps({"epoch": number, **document, "Z": None}) + "\n").encode()
        before = self._lines.stat().st_size if self._lines.exists() else 0
        try:
            part.write_text(json.dumps(document), encoding="utf-8")
            try:
                with open(self._lines, "ab") as lines:
                    lines.write(line)
            except OSError:
                if self._lines.exists():
                    os.truncate(self._lines, before)
                raise
            os.replace(part, self.place / "last.json")
        except OSError:
            part.unlink(missing_ok=True)
            raise
        self._written[number] = (before, len(line))

    def document(self, number: int) -> dict[str, Any]:
        """Of an epoch that was added, without Z. Raises WorkError where its line is gone."""
        begin, length = self._written[number]
        try:
            with open(self._lines, "rb") as lines:
                lines.seek(begin)
                document: dict[str, Any] = json.loads(lines.read(length))
        except (OSError, ValueError):
            document = {}
        if document.pop("epoch", None) != number:
            raise WorkError(
                f"{self._lines}: expected the line of epoch {number}, which the recorder wrote, got another: was it changed?"
            )
        return document

    def close(self) -> None:
        """Another recorder may have it."""
        if self._holds and self.place in _held:
            self._holds = False
            _held.discard(self.place)
            try:
                # A forked child has the parent's recorder, whose folder it is.
                if _owner(self._lock)[0] == os.getpid():
                    if self._lines.exists() and self._lines.stat().st_size == 0 and not any(self.place.glob("epoch-*")):
                        self._lines.unlink()
                    self._lock.unlink(missing_ok=True)
            except OSError:
                pass

    def _hold(self) -> None:
        for _ in range(3):
            try:
                handle = os.open(self._lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
            except FileExistsError:
                pid, host = _owner(self._lock)
                if self.place in _held if pid == os.getpid() else host != platform.node() or _runs(pid):
                    raise _wrong(
                        "one that no other recorder writes in",
                        f"{self.place}, which process {pid} on {host} has (name another one, close() that recorder, "
                        f"or delete {self._lock.name} in it where that process is gone)",
                    ) from None
                self._lock.unlink(missing_ok=True)
                continue
            except OSError as error:
                raise _wrong("a folder that can be written to", f"{self.place}: {error.strerror}") from None
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as lock:
                    lock.write(f"{os.getpid()} {platform.node()}\n")
            except OSError as error:
                self._lock.unlink(missing_ok=True)
                raise _wrong("a folder that can be written to", f"{self.place}: {error.strerror}") from None
            _held.add(self.place)
            return
        raise _wrong("one that no other recorder writes in", f"{self.place} (name another one)")

    def _go_on(self, data: bytes, repair: bool) -> int:
        """The epoch of the last whole line. What is behind it and breaks off is cut away, so that the next line is one of its own; whole lines of others stay."""
        lines = data.splitlines(keepends=True)
        epochs = [_epoch(line) for line in lines]
        last = max((i for i, epoch in enumerate(epochs) if epoch is not None), default=-1)
        number = 0 if last < 0 else epochs[last] or 0
        damaged = len(lines) - 1 - last
        if damaged > 0 and repair:
            warnings.warn(
                f"nclab: {self._lines}: the last {damaged} line{'s are' if damaged > 1 else ' is'} no whole measurement; the recorder goes on after epoch {number}",
                stacklevel=4,
            )
        if repair and lines and not data.endswith(b"\n"):
            if epochs[-1] is None:
                os.truncate(self._lines, len(data) - len(lines[-1]))
            else:
                with open(self._lines, "ab") as stream:
                    stream.write(b"\n")
        return number


def _refuse_foreign(place: Path, names: list[str], data: bytes | None, resume: bool) -> None:
    """Raises InputError unless the folder is new, empty or, to go on in, a recorder's own."""
    rule = "a new one or an empty one, or with resume=True that of a recorder"
    lines = [] if data is None else data.splitlines()
    text = [line for line in lines if line.strip()]
    if data is not None and not text and names == ["measurements.jsonl"]:
        # Of a run that was killed before it had measured anything, or of the first of several processes.
        return
    if data is not None and not resume:
        raise InputError(
            f"folder: expected a new one, got {place}, which has {'measurements' if text else 'a run that was broken off'} (resume=True goes on with {'them' if text else 'it'})",
            "folder",
            "a new one, or resume=True",
            str(place),
        )
    own = data is not None and (not text or any(_epoch(line) is not None for line in text) or text[0].startswith(b'{"epoch": '))
    if own or not names:
        return
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    raise InputError(
        f"folder: expected {rule}, got {place}, which has what is not known to be a recorder's: {shown} (name another folder, or move them)",
        "folder",
        rule,
        str(place),
    )


def _epoch(line: bytes) -> int | None:
    """Of a line that is a whole measurement of a recorder."""
    try:
        document = json.loads(line)
    except ValueError:
        return None
    epoch = document.get("epoch") if isinstance(document, dict) else None
    return epoch if type(epoch) is int and str(document.get("schema")).startswith("nclab.measurement") else None


def _owner(lock: Path) -> tuple[int, str]:
    """Process and machine; process 0 where the file is gone or empty."""
    try:
        pid, _, host = lock.read_text(encoding="utf-8").strip().partition(" ")
        return int(pid), host
    except (OSError, ValueError):
        return 0, platform.node()


def _runs(pid: int) -> bool:
    if pid <= 0:
        return False
    if sys.platform == "win32":
        # os.kill would end it there.
        import ctypes

        handle = ctypes.windll.kernel32.OpenProcess(0x1000, False, pid)
        if handle:
            ctypes.windll.kernel32.CloseHandle(handle)
        return bool(handle)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _wrong(rule: str, got: str) -> InputError:
    return InputError(f"folder: expected {rule}, got {got}", "folder", rule, got)
