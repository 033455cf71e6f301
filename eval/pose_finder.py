"""Joints as a pose model finds them, for photos and videos that come without."""

from pathlib import Path

import numpy as np
from absl import logging
from tqdm import tqdm

from data.annotate.pose_landmarks import PoseLandmarker
from data.annotate.tracks import LARGEST, NO_ONE_HELP, require_person, track_person
from data.footage import VideoReader
from posewarp.errors import DataError, UsageError
from posewarp.skeleton import FULL_BODY, Skeleton


class PoseFinder:
    """Finds a person's joints, in the order of a skeleton.

    The pose model is opened when it is first needed; so all methods raise what `open` does.

    Args:
        path: The `.task` file (`data.annotate.pose_landmarks`); None is the published one.
        skeleton: Skeleton. All of its joints have to be among FULL_BODY's.
    """

    def __init__(self, path: str | Path | None, skeleton: Skeleton):
        self._path, self.skeleton, self._find = path, skeleton, None

    def open(self):
        """Opens the pose model; does nothing the second time.

        Raises:
            UsageError: The skeleton has other joints than the pose model finds.
            DataError: The file is no pose model, or cannot be fetched.
        """
        if self._find:
            return
        names = self.skeleton.joints
        unknown = [name for name in names if name not in FULL_BODY.joints]
        if unknown:
            raise UsageError(
                f"--pose_model: finds the joints of {FULL_BODY.name}, but the model's skeleton "
                f"{self.skeleton.name} also has {', '.join(unknown)}; give joints files instead"
            )
        self._order = [FULL_BODY.joints.index(name) for name in names]
        self._find = PoseLandmarker(self._path).people

    def in_photo(
        self, photo: np.ndarray, name: str | Path, person: str = LARGEST, flag: str = "person"
    ) -> np.ndarray:
        """Finds a pose, float array (J, 2) in pixels of the photo, NaN where not seen.

        Args:
            photo: Uint8 array (H, W, 3), RGB. DataError says that no one is in it.
            name: What messages call it.
            person: str. Who of several people, as `data.annotate.tracks.choose` takes it.
            flag: str. The flag that chooses another person, for the message.
        """
        self.open()
        people = self._find(photo)
        joints = require_person(people, person, name).joints[self._order]
        if len(people) > 1 and person == LARGEST:
            message = (
                "%s: %d people found, the largest is taken; --%s=left, right or a number from the "
                "left takes another"
            )
            logging.info(message, name, len(people), flag)
        absent = np.isnan(joints).any(axis=1)
        if absent.any():
            names = ", ".join(np.array(self.skeleton.joints)[absent])
            logging.info("%s: not seen: %s", name, names)
        return joints

    def all_in_photo(self, photo: np.ndarray) -> list[np.ndarray]:
        """Finds the poses of all people in a photo as `in_photo` does of one, the largest first."""
        self.open()
        people = sorted(self._find(photo), key=lambda person: person.region.side, reverse=True)
        return [person.joints[self._order] for person in people]

    def in_video(self, video: VideoReader, person: str = LARGEST) -> np.ndarray:
        """Follows a person, as `in_photo` takes it, through a video.

        Returns:
            Float array (N, J, 2) in pixels of the frames, NaN where missing, of the frames that
            show enough of the person; DataError says that none does.
        """
        self.open()
        frames = tqdm(video.frames(1), total=video.count, unit="frame", desc="poses", disable=None)
        people = [self._find(frame.image) for frame in frames]
        track = track_person(range(len(people)), people, person)
        left_out = len(people) - len(track.numbers)
        if not track.numbers:
            found = "too little of the" if track.partial else "no"
            who = "person" if person == LARGEST else f"person {person}"
            raise DataError(
                f"{video.path}: {found} {who} found in any of {len(people)} frames: {NO_ONE_HELP}"
            )
        if left_out:
            logging.info("%s: %d frames left out: no person, or too little", video.path, left_out)
        return track.joints[:, self._order]
