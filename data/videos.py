"""Annotated videos of one person each, read from disk as plain arrays.

Every on-disk layout has one reader here; all of them give `Video`s.
"""

import dataclasses
from pathlib import Path

import numpy as np
import scipy.io

from posewarp.errors import DataError
from posewarp.skeleton import FULL_BODY, Skeleton


@dataclasses.dataclass(frozen=True)
class Video:
    """The frames of one person before one background, with joints.

    Args:
        name: str. Unique within a split.
        frames: Paths of the N image files.
        joint_names: Names of the J annotated joints.
        joints: Float array (N, J, 2): (x, y) in pixels of the frame, 0 at the centre of the
            first pixel; NaN where missing.
        boxes: Float array (N, 4) or None: x, y, width, height of the person, as annotated.
    """

    name: str
    frames: tuple[Path, ...]
    joint_names: tuple[str, ...]
    joints: np.ndarray
    boxes: np.ndarray | None = None

    def select(self, skeleton: Skeleton) -> "Video":
        """The same video with a skeleton's joints, in its order, matched by name.

        Raises:
            DataError: The annotation lacks a joint of the skeleton.
        """
        absent = [name for name in skeleton.joints if name not in self.joint_names]
        if absent:
            raise DataError(
                f"video {self.name!r}: skeleton {skeleton.name} needs joints that are not "
                f"annotated: {', '.join(absent)} (annotated: {', '.join(self.joint_names)})"
            )
        columns = [self.joint_names.index(name) for name in skeleton.joints]
        return dataclasses.replace(
            self, joint_names=skeleton.joints, joints=self.joints[:, columns]
        )

    def person_sizes(self, skeleton: Skeleton) -> np.ndarray:
        """The person's size in every frame, by the skeleton's measures.

        Returns:
            Float array (N,) in pixels, about the person's height; NaN where no measure's
            joints are visible.
        """
        column = {name: index for index, name in enumerate(self.joint_names)}
        measures = []
        for measure in skeleton.size:
            start, end = (
                self.joints[:, [column[segment[end]] for segment in measure.segments]]
                for end in (0, 1)
            )
            if measure.along == "y":
                lengths = start[..., 1] - end[..., 1]
            else:
                lengths = np.linalg.norm(start - end, axis=-1)
            sizes = measure.factor * _mean_of_present(lengths, axis=1)
            if measure.over == "video":
                present = sizes[np.isfinite(sizes)]
                sizes = np.full_like(sizes, np.median(present) if len(present) else np.nan)
            measures.append(sizes)
        # fmax passes over the NaN of a measure that a frame lacks.
        return np.fmax.reduce(measures)

    def person_centers(self) -> np.ndarray:
        """The person's centre in every frame: of the box, or of the joints' extent.

        Returns:
            Float array (N, 2) in pixels. The published code subtracts no 1 from its boxes,
            though it does from its joints, and neither do we.
        """
        if self.boxes is not None:
            return self.boxes[:, :2] + self.boxes[:, 2:] / 2
        present = np.isfinite(self.joints)
        low = np.where(present, self.joints, np.inf).min(axis=1)
        high = np.where(present, self.joints, -np.inf).max(axis=1)
        with np.errstate(invalid="ignore"):  # inf - inf, where a frame has no joint at all
            return (low + high) / 2


def _mean_of_present(values, axis):
    present = np.isfinite(values)
    count = present.sum(axis)
    total = np.where(present, values, 0).sum(axis)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def read_published(data_dir: str | Path, split: str) -> list[Video]:
    """Reads the published layout: full-body videos as numbered frames and a `.mat` file each.

    `<data_dir>/<split>/frames/<video>/<n>.jpg` (or `.png`), n from 1, and
    `<data_dir>/<split>/info/<video>.mat`, whose struct `data` has `X` (14, 2, N) and `bbox`
    (N, 4), in pixels counted from 1.

    Args:
        data_dir: Folder of the data set.
        split: `"train"` or `"test"`.

    Returns:
        The videos, in the order of their names.

    Raises:
        DataError: Something is missing or does not fit; the message names the file.
    """
    frames, info = (Path(data_dir) / split / part for part in ("frames", "info"))
    for folder in (frames, info):
        if not folder.is_dir():
            raise DataError(
                f"{folder}: no such folder (expected the published layout: "
                f"frames/<video>/1.jpg and info/<video>.mat in <data_dir>/{split})"
            )
    folders = sorted(folder for folder in frames.iterdir() if folder.is_dir())
    if not folders:
        raise DataError(f"{frames}: expected one folder of frames per video, found none")
    return [_read_published_video(folder, info / f"{folder.name}.mat") for folder in folders]


def _read_published_video(folder, annotation):
    fields = read_mat_struct(annotation, "data", ("X", "bbox"))
    joints, boxes = fields["X"], fields["bbox"]
    expected = len(FULL_BODY.joints)
    # A single frame's array may have lost its last axis.
    joints = joints[..., None] if joints.ndim == 2 else joints
    if joints.ndim != 3 or joints.shape[:2] != (expected, 2):
        raise DataError(
            f"{annotation}: data.X: expected shape ({expected}, 2, frames), got {joints.shape}"
        )
    count = joints.shape[2]
    if boxes.shape != (count, 4):
        raise DataError(f"{annotation}: data.bbox: expected ({count}, 4), got {boxes.shape}")
    if count == 0:
        raise DataError(f"{annotation}: data.X: expected at least one frame")
    return Video(
        name=folder.name,
        frames=tuple(_numbered_frame(folder, number + 1, annotation) for number in range(count)),
        joint_names=FULL_BODY.joints,
        joints=np.moveaxis(joints, 2, 0) - 1,
        boxes=boxes,
    )


def _numbered_frame(folder, number, annotation):
    for suffix in (".jpg", ".png"):
        path = folder / f"{number}{suffix}"
        if path.is_file():
            return path
    raise DataError(
        f"{folder / str(number)}.jpg: no such file (nor .png), but {annotation} annotates it"
    )


def read_mat_struct(path: Path, name: str, fields: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Reads numeric fields of a scalar struct in a MATLAB file.

    Args:
        path: Path of the `.mat` file.
        name: Name of the struct.
        fields: Names of the wanted fields.

    Returns:
        Float64 arrays by field.

    Raises:
        DataError: The file or a field is missing or not of that form.
    """
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    try:
        struct = scipy.io.loadmat(path)[name][0, 0]
        return {field: np.asarray(struct[field], "float64") for field in fields}
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error}") from error
    except NotImplementedError as error:  # SciPy's word for HDF5-based version 7.3
        raise DataError(
            f"{path}: MATLAB version 7.3 is not supported; save it with save -v7"
        ) from error
    except Exception as error:  # SciPy fails in many ways on a damaged file
        raise DataError(
            f"{path}: expected a MATLAB file with a struct {name} of numeric fields "
            f"{', '.join(fields)}: {type(error).__name__}: {error}"
        ) from error
