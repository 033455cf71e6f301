"""The people found so far, from which an interrupted annotation resumes."""

import dataclasses
import json
from pathlib import Path

import numpy as np

from data.annotate.pose_landmarks import Person, Region
from posewarp.errors import DataError
from posewarp.skeleton import FULL_BODY


class Progress:
    """A file that gets a line for every frame that was searched for people.

    `entries` has, by the frame's number, the name of the frame's file, if it was written, and its
    people. A last line that is not whole, as an interruption leaves it, is taken away.

    Args:
        path: The file; it is made where there is none.

    Raises:
        DataError: Another line cannot be read.
    """

    def __init__(self, path: Path):
        self.entries: dict[int, tuple[str | None, list[Person]]] = {}
        self._file = open(path, "a+b")  # noqa: SIM115, closed by __exit__
        self._file.seek(0)
        whole = 0
        for line in self._file:
            if not line.endswith(b"\n"):
                break
            try:
                self._read(**json.loads(line))
            except (ValueError, KeyError, TypeError, ArithmeticError, RecursionError) as error:
                raise DataError(f"{path}: damaged; remove {path.parent} and start again") from error
            whole += len(line)
        self._file.truncate(whole)

    def __enter__(self) -> "Progress":
        """The file, open."""
        return self

    def __exit__(self, *_):
        """Closes the file."""
        self._file.close()

    def add(self, number: int, file: str | None, people: list[Person]):
        """Writes down the frame's file, if it was written, and who is in the frame."""
        found = [
            {"joints": person.joints.tolist(), "region": dataclasses.asdict(person.region)}
            for person in people
        ]
        entry = {"frame": number, "file": file, "people": found}
        self._file.write(json.dumps(entry).encode() + b"\n")
        # Flushed, it outlives this process, though not a power failure.
        self._file.flush()
        self.entries[number] = (file, people)

    def _read(self, frame, file, people):
        if type(frame) is not int or (file is not None and Path(file).name != file):
            raise ValueError("expected a number and the name of a file")
        self.entries[frame] = (file, [_person(**fields) for fields in people])


def _person(joints, region):
    joints = np.array(joints, "float64")
    if joints.shape != (len(FULL_BODY.joints), 2):
        raise ValueError(f"expected {len(FULL_BODY.joints)} joints, got {joints.shape}")
    return Person(joints, Region(*(float(region[name]) for name in ("x", "y", "side", "angle"))))
