"""What Python has, as a request's JSON: arrays as .npy bytes, large ones in files (docs/serve.md)."""

from __future__ import annotations

import base64
import io
import math
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

#: Bytes from which on an array goes by a file.
large = 1 << 20


class Packer:
    """Makes plain data of settings; `close` removes the files that it wrote."""

    def __init__(self) -> None:
        self._files: list[str] = []

    def plain(self, value: Any) -> Any:
        """Throws TypeError for what is no number, text, list, mapping or array."""
        if value is None or isinstance(value, bool | str | int):
            return value
        if isinstance(value, float):
            # JSON has no word for the others.
            return value if math.isfinite(value) else self._array(np.asarray(value))
        if isinstance(value, np.generic):
            return self.plain(value.item())
        if isinstance(value, Mapping):
            return {str(key): self.plain(x) for key, x in value.items()}
        if isinstance(value, list | tuple | range):
            return [self.plain(x) for x in value]
        if isinstance(value, np.ndarray) or hasattr(value, "__array__"):
            return self._array(value if isinstance(value, np.ndarray) else np.asarray(value))
        raise TypeError(f"nclab: expected numbers, text, lists, mappings or arrays, got {type(value).__name__}")

    def _array(self, array: np.ndarray[Any, Any]) -> Any:
        if array.dtype.kind in "US":
            return array.astype(str).tolist()
        if array.dtype.kind == "O":
            return self.plain(array.tolist())
        if array.dtype.kind not in "biuf":
            raise TypeError(f"nclab: expected an array of real numbers, got dtype {array.dtype}")
        if array.nbytes < large:
            stream = io.BytesIO()
            np.save(stream, array, allow_pickle=False)
            return {"npy": base64.b64encode(stream.getvalue()).decode("ascii")}
        return {"npyFile": _mapped(array) or self._written(array)}

    def _written(self, array: np.ndarray[Any, Any]) -> str:
        handle, name = tempfile.mkstemp(prefix="nclab-", suffix=".npy")
        self._files.append(name)
        with os.fdopen(handle, "wb") as file:
            np.save(file, array, allow_pickle=False)
        return name

    def close(self) -> None:
        for name in self._files:
            try:
                os.unlink(name)
            except OSError:
                pass
        self._files = []


def _mapped(array: np.ndarray[Any, Any]) -> str | None:
    """The .npy file of which an array is the read-only map (`np.load(file, mmap_mode="r")`), where it is the whole of it: nothing is copied then."""
    if not isinstance(array, np.memmap) or array.mode != "r" or array.filename is None:
        return None
    name = str(Path(array.filename).resolve())
    try:
        # Another map of the file, read from its header, tells whether it is this very array.
        whole = np.load(name, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError):
        return None
    same = (
        isinstance(whole, np.memmap)
        and (whole.offset, whole.shape, whole.dtype, whole.strides) == (array.offset, array.shape, array.dtype, array.strides)
        and isinstance(array.base, type(whole.base))
    )
    return name if same else None
