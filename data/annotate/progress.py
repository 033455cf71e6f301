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
                self._read(json.loads(line))
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
        """Writes down who is in a frame.

        Args:
            number: int. Of the frame.
            file: str or None. Name of the frame's file, if it was written.
            people: The frame's people.
        """
        entry = {"frame": number, "file": file, "people": [_to_json(p) for p in people]}
        self._file.write(json.dumps(entry).encode() + b"\n")
        # Flushed, it outlives this process, though not a power failure.
        self._file.flush()
        self.entries[number] = (file, people)

    def _read(self, entry):
        people = [_from_json(person) for person in entry["people"]]
        number, file = entry["frame"], entry["file"]
        if type(number) is not int or (file is not None and Path(file).name != file):
            raise ValueError("expected a number and the name of a file")
        self.entries[number] = (file, people)


def _to_json(person):
    joints = [None if np.isnan(joint).any() else joint.tolist() for joint in person.joints]
    return {"joints": joints, "region": dataclasses.asdict(person.region)}


def _from_json(fields):
    joints = [(np.nan, np.nan) if joint is None else joint for joint in fields["joints"]]
    joints = np.array(joints, "float64")
    if joints.shape != (len(FULL_BODY.joints), 2):
        raise ValueError(f"expected {len(FULL_BODY.joints)} joints, got {joints.shape}")
    return Person(
        joints, Region(**{name: float(value) for name, value in fields["region"].items()})
    )
