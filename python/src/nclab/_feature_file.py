"""Features, labels and head of an epoch in one file, written row by row: safetensors, which nclab and everybody's tools read."""

from __future__ import annotations

import contextlib
import json
import os
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ._errors import WorkError

#: Bytes kept for the header, which is known at the end.
_reserved = 1024


class FeatureFile:
    """A file that grows under a name of its own (`.part`) and gets its name when it is whole. In memory: 8 bytes a sample, its label."""

    def __init__(self, file: Path, width: int) -> None:
        self.file = file
        self.width = width
        self.rows = 0
        self._labels: list[np.ndarray[Any, Any]] = []
        self._part = file.with_name(f"{file.name}.part")
        self._stream: BinaryIO = open(self._part, "wb", buffering=1 << 20)
        self._stream.write(b"\0" * _reserved)

    def append(self, features: np.ndarray[Any, Any], labels: np.ndarray[Any, Any]) -> None:
        """n x d float32 and n labels."""
        self._stream.write(np.ascontiguousarray(features, dtype="<f4").data)
        self._labels.append(np.array(labels, dtype="<i8"))
        self.rows += len(labels)

    @property
    def labels(self) -> np.ndarray[Any, Any]:
        return np.concatenate(self._labels) if self._labels else np.empty(0, dtype="<i8")

    def finish(self, weight: np.ndarray[Any, Any], bias: np.ndarray[Any, Any] | None) -> Path:
        """Writes labels and head behind the features; the file has its name then."""
        arrays = {"labels": self.labels, "weight": weight.astype("<f4", copy=False)}
        if bias is not None:
            arrays["bias"] = bias.astype("<f4", copy=False)
        try:
            _end(self._stream, (self.rows, self.width), arrays)
            os.replace(self._part, self.file)
        except OSError:
            self.discard()
            raise
        return self.file

    def discard(self) -> None:
        """Nothing stays of it."""
        with contextlib.suppress(OSError):
            # On a full disk what was not written yet cannot be; the file is closed all the same.
            self._stream.close()
        with contextlib.suppress(OSError):
            self._part.unlink(missing_ok=True)


def _end(stream: BinaryIO, shape: tuple[int, int], arrays: dict[str, np.ndarray[Any, Any]]) -> None:
    """What comes behind the features, then the header in front of them."""
    end = 4 * shape[0] * shape[1]
    header: dict[str, Any] = {"features": {"dtype": "F32", "shape": shape, "data_offsets": [0, end]}}
    # Numbers of 8 bytes begin at a multiple of 8.
    gap = -end % 8
    if gap:
        stream.write(b"\0" * gap)
        header["gap"] = {"dtype": "U8", "shape": [gap], "data_offsets": [end, end + gap]}
        end += gap
    for name, array in arrays.items():
        stream.write(np.ascontiguousarray(array).data)
        kind = "I64" if array.dtype.kind == "i" else "F32"
        header[name] = {"dtype": kind, "shape": array.shape, "data_offsets": [end, end + array.nbytes]}
        end += array.nbytes
    text = json.dumps(header).encode()
    stream.seek(0)
    stream.write(struct.pack("<Q", _reserved - 8) + text.ljust(_reserved - 8))
    stream.close()


def is_one(file: Path) -> bool:
    """Whether a recorder wrote this file, by what its header is."""
    try:
        with open(file, "rb") as stream:
            if struct.unpack("<Q", stream.read(8)) != (_reserved - 8,):
                return False
            return {"features", "labels", "weight"} <= set(json.loads(stream.read(_reserved - 8)))
    except (OSError, ValueError, struct.error, TypeError):
        return False


def merge(files: Sequence[Path], into: Path) -> Path:
    """Rows of several files one after the other, with the head that they share; the parts are deleted."""
    found = [_header(file) for file in files]
    part = into.with_name(f"{into.name}.part")
    try:
        _merged(files, found, part)
        os.replace(part, into)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    for file in files:
        file.unlink()
    return into


def _merged(files: Sequence[Path], found: Sequence[dict[str, Any]], part: Path) -> None:
    with open(part, "wb", buffering=1 << 20) as stream:
        stream.write(b"\0" * _reserved)
        for file, header in zip(files, found, strict=True):
            with open(file, "rb") as shard:
                shard.seek(_reserved)
                _copy(shard, stream, header["features"]["data_offsets"][1])
        heads: list[dict[str, np.ndarray[Any, Any]]] = [
            {name: _array(file, header, name) for name in ("weight", "bias") if name in header}
            for file, header in zip(files, found, strict=True)
        ]
        for file, head in zip(files, heads, strict=True):
            if any(not np.array_equal(head[name], heads[0][name]) for name in heads[0]):
                raise WorkError(f"{file}: expected the head that the other processes have, got another")
        labels = np.concatenate([_array(file, header, "labels") for file, header in zip(files, found, strict=True)])
        shape = (len(labels), int(found[0]["features"]["shape"][1]))
        _end(stream, shape, {"labels": labels, **heads[0]})


def _header(file: Path) -> dict[str, Any]:
    with open(file, "rb") as stream:
        (length,) = struct.unpack("<Q", stream.read(8))
        header: dict[str, Any] = json.loads(stream.read(length))
        return header


def _array(file: Path, header: dict[str, Any], name: str) -> np.ndarray[Any, Any]:
    about = header[name]
    begin, end = about["data_offsets"]
    with open(file, "rb") as stream:
        stream.seek(_reserved + begin)
        data = stream.read(end - begin)
    return np.frombuffer(data, dtype="<i8" if about["dtype"] == "I64" else "<f4").reshape(about["shape"])


def _copy(source: BinaryIO, target: BinaryIO, size: int) -> None:
    while size > 0:
        block = source.read(min(size, 1 << 22))
        if not block:
            raise WorkError(f"{source.name}: expected {size} bytes more, got its end")
        target.write(block)
        size -= len(block)
