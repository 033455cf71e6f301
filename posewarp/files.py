"""Files that are written whole or not at all."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from posewarp.errors import PosewarpError


@contextlib.contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Gives a temporary name to write to, and renames it to the file once all is on the disk.

    Args:
        path: File to write. The temporary name is in its folder and has its ending.

    Raises:
        PosewarpError: The file cannot be written; one that was there before is kept, and
            nothing is left of the new one.
    """
    path = Path(path)
    # Workers of one run share its directory: each has a temporary name of its own.
    partial = path.with_name(f".{path.stem}.{os.getpid()}.partial{path.suffix}")
    try:
        yield partial
        with open(partial, "rb") as file:
            os.fsync(file.fileno())
        os.replace(partial, path)
    except OSError as error:
        raise PosewarpError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        # On a full disk, half a file would take the space that the next attempt needs.
        with contextlib.suppress(OSError):
            partial.unlink()
