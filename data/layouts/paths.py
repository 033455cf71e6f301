"""Paths that an annotation names: none of them leads out of its data set."""

import os
from pathlib import Path


def is_file(path: Path) -> bool:
    """Whether a path that an annotation names is a file; not so if no file can have that name."""
    try:
        return path.is_file()
    except OSError:
        return False


def path_within(data_dir: Path, *parts: str | Path) -> Path | None:
    """Joins the path that an annotation names, if it stays in the data set.

    Only the path's text counts: a folder of the data set may be a link to another disk.

    Args:
        data_dir: Folder of the data set.
        parts: Parts of the path, joined as `os.path.join` does, from `data_dir` on.

    Returns:
        The path, without `..`, or None where it leads out of `data_dir`.
    """
    root = os.path.abspath(data_dir)
    path = os.path.abspath(os.path.join(root, *parts))
    if os.path.commonpath([root, path]) != root:
        return None
    return Path(data_dir) / os.path.relpath(path, root)
