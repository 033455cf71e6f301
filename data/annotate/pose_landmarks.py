"""Finds the people of an image and their joints, with the two networks of a BlazePose bundle.

A `pose_landmarker*.task` file holds a detector of people and a network that finds the landmarks
of one upright person (Bazarevsky et al., "BlazePose: On-device Real-time Body Pose Tracking",
2020). MediaPipe, which is made to run them, reports its use to its maker. Here a LiteRT
interpreter runs them, which opens no connection. Every image is detected on its own: tracking
lags behind where frames are far apart in time.
"""

import contextlib
import dataclasses
import os
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from scipy.special import expit

from data.annotate.decoding import (
    LEAST_SCORE,
    anchors,
    decode_detections,
    full_body,
    letterbox,
    non_maximum_suppression,
    refine,
)
from data.annotated_video import without_outside
from posewarp.errors import DataError, UsageError
from posewarp.files import check_file
from posewarp.pixels import from_levels
from posewarp.program import import_keras_quietly, quiet_stderr

PUBLISHED = (
    "https://storage.googleapis.com/mediapipe-models/pose_landmarker/pose_landmarker_full/"
    "float16/latest/pose_landmarker_full.task"
)
"""MediaPipe's bundle, Apache 2.0; 9 MB."""
DETECTOR, LANDMARKER = "pose_detector.tflite", "pose_landmarks_detector.tflite"

LARGEST_NETWORK = 2**28
"""Bytes. The largest that MediaPipe publishes has 26 million."""
DETECTION_VALUES = 12
"""Values of a detection: a box's centre and size, then four points. The first two are the centre
of the hips and a point above it, on the circle about the body."""
SAME_BODY = 0.15
"""Regions nearer than this share of their side are of the same person."""
MOST_PEOPLE = 6
BORDERS = (0.0, 0.2, 0.5)
"""The detector misses people whose heads are near the edge. Until someone is found, the image is
extended on all sides by these shares of its longer one."""

LANDMARKS, LANDMARK_VALUES = 39, 5
"""33 landmarks of the body and 6 others; x, y, z and the logits of visibility and presence."""
CIRCLE_CENTER, CIRCLE_POINT = 33, 34
"""Landmarks with the meaning of the detector's first two points."""
REGION_MARGIN = 1.25
PASSES = 4
"""Landmarks give a better region, which gives better landmarks. On the tests' tennis video, four
passes reduce the error from 0.15 to 0.08 of the torso's length."""
HEATMAP_CELL = 4
"""A heat map has a cell for so many pixels of the landmark network's input, in x and y."""


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


FindPeople = Callable[[np.ndarray], list[Person]]
"""As `PoseLandmarker.people`."""


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
                self._detector = _Network(bundle.read(DETECTOR), _detector_outputs)
                self._landmarker = _Network(bundle.read(LANDMARKER), _landmarker_outputs)
        except UsageError:
            raise
        except OSError as error:
            raise DataError(f"{path}: cannot be read: {error.strerror}: {expected}") from error
        except Exception as error:  # a damaged archive fails in many ways
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
        values, logits = self._detector(from_levels(square.astype("float32")))
        boxes, points = decode_detections(values, self._anchors, size)
        for index in non_maximum_suppression(boxes, expit(logits[:, 0]))[:MOST_PEOPLE]:
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
            points = refine(values[:, :2] / cell, expit(heat)) * cell
            points = region.to_image(points - 0.5, size)
            if np.allclose(points[CIRCLE_CENTER], points[CIRCLE_POINT]):
                return None
            region = Region.about(points[CIRCLE_CENTER], points[CIRCLE_POINT])
        joints = full_body(points, expit(values[:, 3]), expit(values[:, 4]))
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
