"""Writes the joints of the person of a photo."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from data.annotate.pose_landmarks import Person
from data.annotate.tracks import require_person
from data.drawing import draw_pose
from data.footage import read_image
from posewarp.errors import DataError
from posewarp.skeleton import FULL_BODY

PARTIAL = ".partial-"
"""What the names of unfinished files start with."""
DECIMALS = 2

FindPeople = Callable[[np.ndarray], list[Person]]


def annotate_photo(source: Path, output: Path, find_people: FindPeople, choice: str) -> np.ndarray:
    """Writes the joints of the person of a photo.

    Args:
        source: The photo.
        output: The `.json` file to write: [x, y] or null by joint name.
        find_people: As `PoseLandmarker.people`.
        choice: str. As `data.annotate.tracks.choose` takes it.

    Returns:
        Byte array (H, W, 3), RGB: the photo with the joints drawn on it.

    Raises:
        DataError: The person is not in the photo, or `output` holds other joints.
    """
    image = read_image(source).image
    person = require_person(find_people(image), choice, source)
    content = json_bytes(joints_by_name(person.joints))
    try:
        if output.exists() and output.read_bytes() != content:
            raise DataError(
                f"{output}: holds something else; remove it, or choose another --output"
            )
        output.parent.mkdir(parents=True, exist_ok=True)
        replace(output, content)
    except OSError as error:
        raise DataError(f"{error.filename or output}: {error.strerror or error}") from error
    return draw_pose(image, person.joints, FULL_BODY)


def joints_by_name(joints: np.ndarray) -> dict[str, list[float] | None]:
    """Names the joints (14, 2) of FULL_BODY; those that are missing are None."""
    return {
        name: None if np.isnan(joint).any() else np.round(joint, DECIMALS).tolist()
        for name, joint in zip(FULL_BODY.joints, joints, strict=True)
    }


def json_bytes(content) -> bytes:
    """The content of a JSON file."""
    return json.dumps(content, indent=1).encode() + b"\n"


def replace(path, data):
    """Writes a file at once."""
    partial = path.with_name(f"{PARTIAL}{path.name}")
    partial.write_bytes(data)
    os.replace(partial, path)
