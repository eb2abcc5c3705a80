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

from ._errors import wrong_type

#: Bytes from which on an array goes by a file.
large = 1 << 20


class Packer:
    """Makes plain data of settings; `close` removes the files that it wrote."""

    def __init__(self) -> None:
        self._files: list[str] = []

    def plain(self, value: Any, what: str = "value") -> Any:
        """Raises InputError (a TypeError too) naming `what` for what is no number, text, list, mapping or array of real numbers."""
        if value is None or isinstance(value, bool | str | int):
            return value
        if isinstance(value, float):
            # JSON has no word for the others.
            return value if math.isfinite(value) else self._array(np.asarray(value), what)
        if isinstance(value, np.longdouble):
            # Its own item() is itself again.
            return self.plain(float(value), what)
        if isinstance(value, np.generic) and value.dtype.kind in "biufUO":
            return self.plain(value.item(), what)
        if isinstance(value, Mapping):
            return {str(key): self.plain(x, f"{what}.{key}") for key, x in value.items()}
        if isinstance(value, list | tuple | range):
            return [x if type(x) is int else self.plain(x, f"{what}[{i}]") for i, x in enumerate(value)]
        if isinstance(value, np.ndarray) or hasattr(value, "__array__"):
            return self._array(value if isinstance(value, np.ndarray) else _on_the_processor(value, what), what)
        raise wrong_type(what, "a number, text, a list, a mapping or an array", type(value).__name__)

    def _array(self, array: np.ndarray[Any, Any], what: str) -> Any:
        if isinstance(array, np.ma.MaskedArray):
            if np.ma.is_masked(array):
                raise wrong_type(what, "an array without masked values", f"{np.count_nonzero(array.mask)} that are masked")
            array = array.filled()
        if array.dtype.kind in "US":
            return array.astype(str).tolist()
        if array.dtype.kind == "O":
            return self.plain(array.tolist(), what)
        if array.dtype.name == "bfloat16":
            # Of ml_dtypes (JAX): every one of its numbers is one of float32.
            array = array.astype(np.float32)
        if array.dtype.kind not in "biuf":
            raise wrong_type(what, "an array of real numbers", f"dtype {array.dtype}")
        if array.nbytes < large:
            stream = io.BytesIO()
            np.save(stream, array, allow_pickle=False)
            return {"npy": base64.b64encode(stream.getvalue()).decode("ascii")}
        mapped = _mapped(array)
        # A file of ours is let go by whoever reads it, so that nothing stays where Python is killed meanwhile.
        return {"npyFile": mapped} if mapped else {"npyFile": self._written(array), "temporary": True}

    def _written(self, array: np.ndarray[Any, Any]) -> str:
        handle, name = tempfile.mkstemp(prefix="nclab-", suffix=".npy")
        self._files.append(name)
        with os.fdopen(handle, "wb") as file:
            np.save(file, array, allow_pickle=False)
        return name

    def unread(self) -> bool:
        """Whether what it wrote is there for another reader."""
        return all(os.path.exists(name) for name in self._files)

    def close(self) -> None:
        for name in self._files:
            try:
                os.unlink(name)
            except OSError:
                pass
        self._files = []


def _on_the_processor(value: Any, what: str) -> np.ndarray[Any, Any]:
    """Of whatever says that it can be an array: a tensor in its graph or on another device too, bfloat16 as float32, which has all of its numbers."""
    try:
        if hasattr(value, "detach") and hasattr(value, "cpu"):
            value = value.detach().cpu()
            if str(value.dtype) == "torch.bfloat16":
                value = value.float()
        return np.asarray(value)
    except (TypeError, ValueError, RuntimeError, NotImplementedError) as error:
        raise wrong_type(what, "an array, or what NumPy can make one of", f"{type(value).__name__}: {error}") from None


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
