"""Features of one epoch from several processes: each writes a file, the first one makes one file of all."""

from __future__ import annotations

import contextlib
import re
import time
from pathlib import Path

from ._errors import WorkError
from ._feature_file import is_one, merge

#: Behind the name of a shard that will not come; the file says why.
_failed = ".failed"
#: Half files of a recorder, whichever process wrote them: epoch, process, processes, and what of it.
_named = re.compile(rf"epoch-(\d{{5,}})\.(\d+)-of-(\d+)\.shard(\.part|{re.escape(_failed)})?")


def is_half(name: str) -> bool:
    """Whether a file of this name is one that no recorder keeps."""
    return _named.fullmatch(name) is not None


class Shards:
    """Those of one recorder, named by epoch and process. Made by each process before it writes."""

    def __init__(self, folder: Path, rank: int, processes: int, patience: float) -> None:
        """`patience`: seconds that the first process waits for another."""
        self._folder = folder
        self._rank = rank
        self._processes = processes
        self._patience = patience
        # Those of a run that was killed would be taken for those that are waited for. What another process of this run has begun is left to it: a half shard is waited for by nobody.
        for file, _, owner, of, half in self._found():
            if owner == rank or (rank == 0 and (half != ".part" or of != processes)):
                _remove(file)

    def of(self, epoch: int, rank: int | None = None) -> Path:
        """The file of an epoch, of this process where no other is named."""
        return self._folder / f"epoch-{epoch:05d}.{self._rank if rank is None else rank}-of-{self._processes}.shard"

    def fail(self, epoch: int, why: str) -> None:
        """Tells the first process that this one's features of an epoch will not come."""
        if self._rank == 0:
            return
        word = self._word(epoch, self._rank)
        with contextlib.suppress(OSError):
            # On a full disk a name may still be written, and the text not: the name is enough.
            word.touch()
            word.write_text(why, encoding="utf-8")

    def gathered(self, epoch: int, into: Path) -> Path:
        """The file of all processes, when each has written its own. Raises WorkError where one says that it will not, or has not after `patience` seconds."""
        if into.exists() and not is_one(into):
            raise WorkError(f"{into}: expected a place for the features of this epoch, got another's file (move it)")
        shards = [self.of(epoch, rank) for rank in range(self._processes)]
        end = time.monotonic() + self._patience
        while missing := [rank for rank, shard in enumerate(shards) if not shard.exists()]:
            for rank in missing:
                if self._word(epoch, rank).exists():
                    why = self._word(epoch, rank).read_text(encoding="utf-8") or "it could not be written"
                    raise WorkError(f"the features of process {rank} do not come: {why}")
            if time.monotonic() > end:
                raise WorkError(
                    f"{into.parent}: expected the features of {self._processes} processes, got none of {shards[missing[0]].name} for {self._patience:g} s: "
                    "do all of them call epoch(), and see this folder? (patience says how long the recorder waits)"
                )
            time.sleep(0.05)
        return merge(shards, into) if len(shards) > 1 else shards[0].replace(into)

    def abandon(self, epoch: int) -> None:
        """The first process has no features itself: those of the others are for nothing."""
        for rank in range(self._processes):
            _remove(self.of(epoch, rank))

    def done(self, epoch: int) -> None:
        """An epoch was measured, or cannot be: nothing stays of it and of those before, which may have come late."""
        for file, number, _, _, half in self._found():
            if number <= epoch and half != ".part":
                _remove(file)

    def close(self) -> None:
        """The first process has ended its last epoch: what others have written of later ones is for nothing."""
        if self._rank == 0:
            for file, _, _, _, half in self._found():
                if half != ".part":
                    _remove(file)

    def _word(self, epoch: int, rank: int) -> Path:
        shard = self.of(epoch, rank)
        return shard.with_name(shard.name + _failed)

    def _found(self) -> list[tuple[Path, int, int, int, str | None]]:
        """Half files: epoch, process, of how many, ending."""
        try:
            found = [(file, _named.fullmatch(file.name)) for file in self._folder.iterdir()]
        except OSError:
            # The folder was taken away under the recorder.
            return []
        return [(file, int(named[1]), int(named[2]), int(named[3]), named[4]) for file, named in found if named]


def _remove(file: Path) -> None:
    with contextlib.suppress(OSError):
        file.unlink(missing_ok=True)
