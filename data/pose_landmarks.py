"""Finds the people of an image and their joints, with the two networks of a BlazePose bundle.

A `pose_landmarker*.task` file holds a detector of people and a network that finds the landmarks
of one upright person (Bazarevsky et al., "BlazePose: On-device Real-time Body Pose Tracking",
2020). MediaPipe, which is made to run them, reports its use to its maker; here the networks run
in a LiteRT interpreter, which opens no connection. Every image is looked at on its own: tracking
drags joints behind where frames are far apart in time.
"""

import contextlib
import dataclasses
import os
import sys
import zipfile
from pathlib import Path

import cv2
import numpy as np

from data.annotated_video import without_outside
from posewarp.errors import DataError, UsageError
from posewarp.files import check_file
from posewarp.program import import_keras_quietly, quiet_stderr
from posewarp.skeleton import FULL_BODY

PUBLISHED = (
    "https://storage.googleapis.com/mediapipe-models/pose_landmarker/pose_landmarker_full/"
    "float16/latest/pose_landmarker_full.task"
)
"""MediaPipe's bundle, Apache 2.0; 9 MB."""
DETECTOR, LANDMARKER = "pose_detector.tflite", "pose_landmarks_detector.tflite"

LARGEST_NETWORK = 2**28
"""Bytes of either; the larger one of the largest bundle has 26 million."""
STRIDES = (8, 16, 32, 32, 32)
"""Of the detector's layers, in pixels of its input; each has two anchors a cell."""
ANCHORS_PER_CELL = 2
DETECTION_VALUES = 12
"""A box's centre and size, and four points: the first two are the hips' centre and a point on
the circle about the body, upwards from there."""
LEAST_SCORE = 0.5
"""Of a person in the image, and of one in a region."""
MOST_OVERLAP = 0.3
"""Intersection over union of the boxes of different people."""
SAME_BODY = 0.15
"""Share of a region's side by which the regions of different people are apart."""
MOST_PEOPLE = 6
BORDERS = (0.0, 0.2, 0.5)
"""Shares of the image's longer side that it is extended by on all sides, in turn until someone is
found: the detector misses people whose heads are near the edge."""

LANDMARKS, LANDMARK_VALUES = 39, 5
"""33 of the body and 6 others; x, y, z and the logits of being visible and of being there."""
CIRCLE_CENTER, CIRCLE_POINT = 33, 34
"""The landmarks that are what the detector's first two points are."""
REGION_MARGIN = 1.25
PASSES = 4
"""Landmarks give a better region than the detector does, and a better region better landmarks:
on the tennis video of the tests the error falls from 0.15 to 0.08 of the torso in four passes."""
HEATMAP_CELL = 4
"""Pixels of the landmark network's input."""
HEATMAP_REACH = 3
"""Cells about a landmark of which its heat map's centre of mass is taken."""
LEAST_HEAT = 0.5
LARGEST_LOGIT = 80.0
"""The detector goes to -10,000, of which the exponential is infinite."""

LEAST_VISIBLE, LEAST_PRESENT = 0.5, 0.5
LANDMARK_INDEX = {
    f"{side}_{part}": first + offset
    for part, first in {
        "ear": 7,
        "shoulder": 11,
        "elbow": 13,
        "wrist": 15,
        "hip": 23,
        "knee": 25,
        "ankle": 27,
    }.items()
    for offset, side in enumerate(("left", "right"))
}
NECK, HEAD = 0.25, 1.85
"""Where neck and head top are on the line from the shoulders' middle, 0, to the ears', 1: there
are no such landmarks, and this is closest to the published annotation."""


@dataclasses.dataclass(frozen=True)
class Region:
    """A square of an image about a person, turned so that the person in it is upright.

    Args:
        x, y: float. Its centre, which is the hips', in pixels.
        side: float. In pixels.
        angle: float. By which the person leans clockwise, in radians.
    """

    x: float
    y: float
    side: float
    angle: float

    @classmethod
    def about(cls, center: np.ndarray, point: np.ndarray) -> "Region":
        """The region about a circle's centre and the point of the circle above the person."""
        right, down = np.subtract(point, center).tolist()
        side = 2 * REGION_MARGIN * np.hypot(right, down)
        return cls(*map(float, (*center, side, np.arctan2(right, -down))))

    def affine(self, size: int) -> np.ndarray:
        """The map (2, 3) from the image's pixels to those of a square of `size`."""
        scale = size / self.side
        cos, sin = scale * np.cos(self.angle), scale * np.sin(self.angle)
        linear = np.array([[cos, sin], [-sin, cos]])
        # The middle of a square of n pixels is at (n - 1) / 2.
        return np.column_stack([linear, (size - 1) / 2 - linear @ (self.x, self.y)])

    def crop(self, image: np.ndarray, size: int) -> np.ndarray:
        """The region as a square of `size`, black where it leaves the image."""
        return cv2.warpAffine(image, self.affine(size), (size, size), flags=cv2.INTER_LINEAR)

    def to_image(self, points: np.ndarray, size: int) -> np.ndarray:
        """Takes points (N, 2) of the square of `size` to the image's pixels."""
        affine = self.affine(size)
        return (points - affine[:, 2]) @ np.linalg.inv(affine[:, :2]).T

    def distance(self, other: "Region") -> float:
        """How far the other's centre is, in sides of the larger."""
        return float(np.hypot(self.x - other.x, self.y - other.y)) / max(self.side, other.side)


@dataclasses.dataclass(frozen=True)
class Person:
    """A person of an image.

    Args:
        joints: Float array (14, 2), FULL_BODY's in pixels of the image; NaN where not seen.
        region: Region. About the whole body, seen or not.
    """

    joints: np.ndarray
    region: Region


def published_model() -> Path:
    """Fetches the published `.task` file into Keras's cache, unless it is there.

    Raises:
        DataError: It cannot be fetched.
    """
    import_keras_quietly()
    import keras

    try:
        with contextlib.redirect_stdout(sys.stderr):  # its progress
            return Path(keras.utils.get_file(origin=PUBLISHED, cache_subdir="posewarp"))
    except Exception as error:  # it raises no other
        raise DataError(
            f"the pose model cannot be fetched ({error}); where there is a connection, save "
            f"{PUBLISHED}, and give --pose_model=<that file>"
        ) from error


class PoseLandmarker:
    """The two networks, ready to be run.

    Args:
        path: The `.task` file; None is the published one.

    Raises:
        DataError: It is not a bundle of these networks, or cannot be fetched.
        UsageError: The interpreter is not installed.
    """

    def __init__(self, path: str | Path | None = None):
        path = path or published_model()
        expected = "expected a pose_landmarker .task file, as made for MediaPipe"
        try:
            check_file(path)
            with zipfile.ZipFile(path) as bundle:
                sizes = [bundle.getinfo(name).file_size for name in (DETECTOR, LANDMARKER)]
                if max(sizes) > LARGEST_NETWORK:
                    raise ValueError(f"a network has more than {LARGEST_NETWORK} bytes")
                detector, landmarker = bundle.read(DETECTOR), bundle.read(LANDMARKER)
        except OSError as error:
            raise DataError(f"{path}: cannot be read: {error.strerror}: {expected}") from error
        except Exception as error:  # a damaged archive fails in many ways
            raise DataError(f"{path}: {expected}: {error}") from error
        try:
            self._detector = _Network(detector, _detector_outputs)
            self._landmarker = _Network(landmarker, _landmarker_outputs)
        except ValueError as error:
            raise DataError(f"{path}: {expected}: {error}") from error
        self._anchors = anchors(self._detector.size)

    def people(self, image: np.ndarray) -> list[Person]:
        """Finds the people of an image.

        Args:
            image: Byte array (H, W, 3), RGB.

        Returns:
            Persons, the surest first.
        """
        found: list[Person] = []
        for border in BORDERS:
            for region in self._regions(image, round(border * max(image.shape[:2]))):
                person = self._person(image, region, [other.region for other in found])
                if person:
                    found.append(person)
            if found:
                break
        return found

    def _regions(self, image, border):
        size = self._detector.size
        image = cv2.copyMakeBorder(image, *[border] * 4, cv2.BORDER_REPLICATE)
        square, scale, corner = letterbox(image, size)
        values, logits = self._detector(square / np.float32(127.5) - 1)
        boxes, points = decode_detections(values, self._anchors, size)
        for index in strongest(boxes, _sigmoid(logits[:, 0]))[:MOST_PEOPLE]:
            # From the square, 0 at its corner, to the image, 0 at its first pixel's centre.
            center, point = (points[index, :2] - corner) / scale - 0.5 - border
            if not np.allclose(center, point):
                yield Region.about(center, point)

    def _person(self, image, region, others):
        """The person of a region, or None if there is none, or it is one of the others."""
        size = self._landmarker.size
        for _ in range(PASSES):
            if any(region.distance(other) < SAME_BODY for other in others):
                return None
            crop = region.crop(image, size) / np.float32(255)
            values, score, heat = self._landmarker(crop)
            if score[0] < LEAST_SCORE:
                return None
            values = values.reshape(LANDMARKS, LANDMARK_VALUES)
            cell = size / heat.shape[0]
            points = refine(values[:, :2] / cell, _sigmoid(heat)) * cell
            points = region.to_image(points - 0.5, size)
            if np.allclose(points[CIRCLE_CENTER], points[CIRCLE_POINT]):
                return None
            region = Region.about(points[CIRCLE_CENTER], points[CIRCLE_POINT])
        joints = full_body(points, _sigmoid(values[:, 3]), _sigmoid(values[:, 4]))
        return Person(without_outside(joints, *image.shape[:2]), region)


class _Network:
    """One network of an RGB image (size, size, 3)."""

    def __init__(self, model, outputs):
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ImportError as error:
            raise UsageError(
                "the package ai-edge-litert, which runs the networks, is not installed; "
                "pip install ai-edge-litert"
            ) from error
        with quiet_stderr():  # it tells that it was made
            self._interpreter = Interpreter(model_content=model, num_threads=os.cpu_count())
            self._interpreter.allocate_tensors()
        (given,) = self._interpreter.get_input_details()
        self._input, self.size = given["index"], int(given["shape"][1])
        # A bundle may have more outputs, and in another order.
        by_shape = {
            tuple(output["shape"][1:].tolist()): output["index"]
            for output in self._interpreter.get_output_details()
        }
        absent = [shape for shape in outputs(self.size) if shape not in by_shape]
        if absent:
            raise ValueError(f"a network has no output of shape {absent[0]}")
        self._outputs = [by_shape[shape] for shape in outputs(self.size)]

    def __call__(self, image):
        self._interpreter.set_tensor(self._input, image[None])
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(index)[0] for index in self._outputs]


def _detector_outputs(size):
    count = len(anchors(size))
    return (count, DETECTION_VALUES), (count, 1)


def _landmarker_outputs(size):
    cells = size // HEATMAP_CELL
    return (LANDMARKS * LANDMARK_VALUES,), (1,), (cells, cells, LANDMARKS)


def anchors(size: int) -> np.ndarray:
    """Where the detector's boxes are relative to.

    Layers of one stride share their cells: all anchors of a cell follow each other.

    Args:
        size: int. Height and width of the detector's input.

    Returns:
        Float array (A, 2): x, y as shares of the input.
    """
    centers = []
    for stride in dict.fromkeys(STRIDES):
        cells = size // stride
        x, y = np.meshgrid(*[(np.arange(cells) + 0.5) / cells] * 2)
        cell_centers = np.stack([x.ravel(), y.ravel()], axis=1)
        centers.append(np.repeat(cell_centers, ANCHORS_PER_CELL * STRIDES.count(stride), axis=0))
    return np.concatenate(centers)


def letterbox(image: np.ndarray, size: int) -> tuple[np.ndarray, float, np.ndarray]:
    """Fits an image into the middle of a black square.

    Args:
        image: Byte array (H, W, 3).
        size: int. Height and width of the square.

    Returns:
        Byte array (size, size, 3), the factor from the image to it, and where in it the image's
        corner is, (x, y) in pixels.
    """
    scale = size / max(image.shape[:2])
    height, width = (max(1, round(side * scale)) for side in image.shape[:2])
    left, top = (size - width) // 2, (size - height) // 2
    square = np.zeros((size, size, 3), "uint8")
    square[top : top + height, left : left + width] = cv2.resize(
        image, (width, height), interpolation=cv2.INTER_AREA
    )
    return square, scale, np.array([left, top])


def decode_detections(
    values: np.ndarray, centers: np.ndarray, size: int
) -> tuple[np.ndarray, np.ndarray]:
    """From the detector's numbers to boxes and points.

    Args:
        values: Float array (A, 12): the box's centre and four points are relative to the anchor.
        centers: Float array (A, 2), `anchors`.
        size: int. Height and width of the detector's input.

    Returns:
        Boxes, float array (A, 4) of x0, y0, x1, y1, and points, float array (A, 4, 2), all in
        pixels of the input, 0 at its corner.
    """
    pairs = values.reshape(len(values), -1, 2)
    origins = centers * size
    middles, sizes, points = pairs[:, 0] + origins, pairs[:, 1], pairs[:, 2:] + origins[:, None]
    return np.concatenate([middles - sizes / 2, middles + sizes / 2], axis=1), points


def strongest(boxes: np.ndarray, scores: np.ndarray) -> list[int]:
    """Non-maximum suppression: of boxes that overlap, the one with the highest score.

    Args:
        boxes: Float array (A, 4): x0, y0, x1, y1.
        scores: Float array (A,).

    Returns:
        Indices of boxes with a score of at least `LEAST_SCORE`, the highest first.
    """
    left = [index for index in np.argsort(-scores, kind="stable") if scores[index] >= LEAST_SCORE]
    chosen = []
    while left:
        chosen.append(int(left[0]))
        overlaps = overlap(boxes[left[0]], boxes[left])
        left = [index for index, o in zip(left[1:], overlaps[1:], strict=True) if o <= MOST_OVERLAP]
    return chosen


def overlap(box: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Intersection over union of a box (4,) with others (A, 4): x0, y0, x1, y1."""
    shared = np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2])
    shared = np.maximum(shared, 0).prod(axis=1)
    areas = (others[:, 2:] - others[:, :2]).prod(axis=1)
    return shared / np.maximum((box[2:] - box[:2]).prod() + areas - shared, 1e-9)


def refine(points: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """Moves landmarks to the centre of mass of their heat maps round about.

    Args:
        points: Float array (L, 2): x, y in cells of the heat maps.
        heat: Float array (S, S, L) in [0, 1].

    Returns:
        Float array (L, 2); a landmark stays where no cell near it has `LEAST_HEAT`.
    """
    size = heat.shape[0]
    cells = np.floor(points).astype(int)
    low, high = cells - HEATMAP_REACH, cells + HEATMAP_REACH + 1
    refined = np.array(points, "float64")
    for index, ((x0, y0), (x1, y1)) in enumerate(
        zip(low.clip(0, size), high.clip(0, size), strict=True)
    ):
        near = heat[y0:y1, x0:x1, index]
        if near.size and near.max() >= LEAST_HEAT:
            x = near.sum(axis=0) @ np.arange(x0, x1)
            y = near.sum(axis=1) @ np.arange(y0, y1)
            refined[index] = np.array([x, y]) / near.sum()
    return refined


def full_body(points: np.ndarray, visible: np.ndarray, present: np.ndarray) -> np.ndarray:
    """The 14 joints of a person's landmarks.

    The published annotation's neck and head top are no landmarks: they are placed on the line
    through the middles of the shoulders and of the ears, and seen if one of either pair is.

    Args:
        points: Float array (L, 2), L at least 29.
        visible, present: Float arrays (L,) in [0, 1].

    Returns:
        Float array (14, 2), FULL_BODY's joints; NaN where not seen.
    """
    seen = (visible >= LEAST_VISIBLE) & (present >= LEAST_PRESENT)
    place = {name: points[index] for name, index in LANDMARK_INDEX.items()}
    is_seen = {name: seen[index] for name, index in LANDMARK_INDEX.items()}
    shoulders, ears = (
        (place[f"left_{part}"] + place[f"right_{part}"]) / 2 for part in ("shoulder", "ear")
    )
    for name, along in (("neck", NECK), ("head", HEAD)):
        place[name] = shoulders + along * (ears - shoulders)
        is_seen[name] = all(
            is_seen[f"left_{part}"] or is_seen[f"right_{part}"] for part in ("shoulder", "ear")
        )
    return np.array(
        [place[name] if is_seen[name] else (np.nan, np.nan) for name in FULL_BODY.joints]
    )


def _sigmoid(logits):
    return 1 / (1 + np.exp(-np.clip(logits, -LARGEST_LOGIT, LARGEST_LOGIT)))
