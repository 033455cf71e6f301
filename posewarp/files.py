"""Files that are read to an end that they have, and written whole or not at all."""

import contextlib
import errno
import json
import os
from collections.abc import Iterator
from pathlib import Path

from posewarp.errors import DataError, PosewarpError


def check_file(path: str | Path):
    """Checks that a path, if there is something, is a file: a pipe or a device may have no end.

    Raises:
        OSError: It is something else, or cannot be looked at.
    """
    path = Path(path)
    if path.exists() and not path.is_file():
        number, reason = errno.EINVAL, "not a file"
        if path.is_dir():
            number, reason = errno.EISDIR, os.strerror(errno.EISDIR)
        raise OSError(number, reason, str(path))


def read_text(path: str | Path) -> str:
    """Reads a text file in UTF-8.

    Raises:
        OSError: It cannot be read, or is no file.
        ValueError: It is of other bytes.
    """
    check_file(path)
    return Path(path).read_text(encoding="utf-8")


def read_json_file(path: str | Path):
    """Reads a JSON file.

    Raises:
        DataError: It cannot be read or is not JSON.
    """
    try:
        return json.loads(read_text(path))
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: not a JSON file: {error}") from error


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
