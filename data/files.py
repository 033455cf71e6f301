"""JSON that is read with errors of our own, and files that are written whole or not at all."""

import json
from pathlib import Path

from posewarp.errors import DataError
from posewarp.files import replacing


def read_json_file(path: str | Path):
    """Reads a JSON file.

    Raises:
        DataError: It cannot be read or is not JSON.
    """
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: not a JSON file: {error}") from error


def read_settings(path: Path) -> dict:
    """Reads what a folder says of the arguments that it was made with; empty if it is no object.

    Raises:
        DataError: The file is not JSON.
        OSError: It cannot be read.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(f"{path}: not a JSON file; remove {path.parent} and start again") from error
    return found if isinstance(found, dict) else {}


def differences(found: dict, settings: dict) -> str:
    """Names the settings that a folder was made with other values of; empty if there is none."""
    return ", ".join(
        f"{name} {found.get(name)} (not {value})"
        for name, value in settings.items()
        if found.get(name) != value
    )


def write_atomically(path: Path, content: str | bytes):
    """Writes a file under a temporary name and renames it; text as UTF-8.

    Raises:
        PosewarpError: The file cannot be written; one that was there before is kept.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    with replacing(path) as partial:
        partial.write_bytes(data)
