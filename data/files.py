"""JSON that is read with errors of our own, and files that are written whole or not at all."""

import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from posewarp.errors import DataError, UsageError
from posewarp.files import read_json_file, replacing


def claim_folder(output: Path, name: str, settings: dict, content: str) -> dict:
    """Checks that a folder is ours to fill, or to complete after a break, and says so in a file.

    Args:
        output: Folder. It may be absent, empty, or hold what the same settings made.
        name: str. The file in it that holds the settings.
        settings: dict. What the content depends on.
        content: str. What the folder is to hold, for the messages.

    Returns:
        What the file held before: the settings and perhaps more, empty in a new folder.

    Raises:
        UsageError: The folder holds the content of other settings.
        DataError: It is a file, or holds something else.
    """
    path = output / name
    if path.is_file():
        try:
            found = read_json_file(path)
        except DataError as error:
            raise DataError(f"{error}; remove {output} and start again") from error
        found = found if isinstance(found, dict) else {}
        changed = [
            f"{name} {found.get(name)} (not {value})"
            for name, value in settings.items()
            if found.get(name) != value
        ]
        if changed:
            raise UsageError(
                f"{output}: holds {content} of other arguments: {', '.join(changed)}; "
                "choose another --output, or remove the folder"
            )
        return found
    if output.exists():
        if not output.is_dir():
            raise DataError(f"{output}: is a file; choose a new folder as --output")
        if any(not entry.name.startswith(".") for entry in output.iterdir()):
            raise DataError(
                f"{output}: holds something else than {content} (no {name}); "
                "choose a new folder as --output"
            )
    output.mkdir(parents=True, exist_ok=True)
    write_json(path, settings)
    return {}


def write_json(path: Path, content):
    """Writes a JSON file as `write_atomically` does; what is none of JSON's types is an error."""
    write_atomically(path, json.dumps(content, indent=1) + "\n")


def write_atomically(path: Path, content: str | bytes):
    """Writes a file under a temporary name and renames it; text as UTF-8, names of files as bytes.

    Raises:
        PosewarpError: The file cannot be written; one that was there before is kept.
    """
    data = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
    with replacing(path) as partial:
        partial.write_bytes(data)


def check_output(path: str | Path):
    """Checks that a file can have a name, before the work of making it.

    Raises:
        UsageError: A folder has that name, or a file that of the folder that it is to lie in.
    """
    path = Path(path)
    if path.is_dir():
        raise UsageError(f"{path}: cannot be written: it is a folder; choose another name")
    check_folder(path.parent)


def check_outputs(outputs: Sequence[str | Path], inputs: Iterable[str | Path | None]):
    """Checks that files to write are different ones, and none that is read.

    Raises:
        UsageError: They are not.
    """
    if len(set(map(os.path.realpath, outputs))) < len(outputs):
        raise UsageError(f"{', '.join(map(str, outputs))}: expected different files")
    read = set(map(os.path.realpath, filter(None, inputs)))
    for output in outputs:
        if os.path.realpath(output) in read:
            raise UsageError(f"{output}: is read: expected another file to write")


def check_folder(path: Path):
    """Checks that a folder is there or can be made, before the work of filling it.

    Raises:
        UsageError: It is a file, or lies in one.
    """
    path = path.absolute()
    there = next(folder for folder in (path, *path.parents) if folder.exists())
    if not there.is_dir():
        raise UsageError(f"{path}: cannot be written: {there} is a file, not a folder")
