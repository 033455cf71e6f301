"""Text files that are written whole or not at all."""

import os
from pathlib import Path

from posewarp.errors import PosewarpError


def write_atomically(path: Path, text: str):
    """Writes a text file under a temporary name and renames it.

    Raises:
        PosewarpError: The file cannot be written; one that was there before is kept.
    """
    # Workers of one run share its directory: each has a temporary name of its own.
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with open(partial, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except OSError as error:
        raise PosewarpError(f"{path}: cannot be written: {error.strerror}") from error
