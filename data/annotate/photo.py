"""Writes the joints of the person of a photo."""

from pathlib import Path

import numpy as np

from data.annotate.pose_landmarks import FindPeople
from data.annotate.tracks import require_person
from data.drawing import draw_pose
from data.files import read_json_file, write_json
from data.images import read_photo
from posewarp.errors import DataError
from posewarp.skeleton import FULL_BODY

DECIMALS = 2


def annotate_photo(
    source: Path, output: Path, find_people: FindPeople, choice: str, overwrite: bool = False
) -> np.ndarray:
    """Writes the joints of the person of a photo.

    Args:
        source: The photo.
        output: The `.json` file to write: [x, y] or null by joint name.
        find_people: As `PoseLandmarker.people`.
        choice: str. As `data.annotate.tracks.choose` takes it.
        overwrite: bool. Whether other joints in `output` are replaced.

    Returns:
        Byte array (H, W, 3), RGB: the photo with the joints drawn on it.

    Raises:
        DataError: The person is not in the photo, or `output` holds other joints.
        OSError: It cannot be written.
    """
    image = read_photo(source)
    person = require_person(find_people(image), choice, source)
    joints = joints_by_name(person.joints)
    if output.exists() and not overwrite and read_json_file(output) != joints:
        raise DataError(
            f"{output}: holds other joints, which a person may have corrected; --overwrite "
            "replaces them, another --output keeps them"
        )
    output.parent.mkdir(parents=True, exist_ok=True)
    write_json(output, joints)
    return draw_pose(image, person.joints, FULL_BODY)


def joints_by_name(joints: np.ndarray) -> dict[str, list[float] | None]:
    """Names the joints (14, 2) of FULL_BODY; those that are missing are None."""
    return {
        name: None if np.isnan(joint).any() else np.round(joint, DECIMALS).tolist()
        for name, joint in zip(FULL_BODY.joints, joints, strict=True)
    }
