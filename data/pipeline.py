"""From annotated videos to batches: draw a pair, decode, resample, draw volumes.

Every example is a function of (seed, example index) alone. It can be made again on any
machine with any number of threads, and a resumed run continues at its index without
replaying what came before.
"""

import contextlib
import dataclasses
import functools
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import tensorflow as tf

from data.annotated_video import Video, without_outside
from data.augment import (
    Augmentation,
    compose,
    crop_affine,
    resample,
    stretch_affine,
    transform_points,
)
from posewarp.errors import DataError
from posewarp.networks import ModelConfig
from posewarp.volumes import network_inputs

MIN_FRAME_DISTANCE = 0.02
"""Frames of a pair are further apart than this share of their video."""
REDUCTIONS = {
    8: cv2.IMREAD_REDUCED_COLOR_8,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    1: cv2.IMREAD_COLOR,
}


@dataclasses.dataclass(frozen=True)
class Example:
    """One pair of frames of one person, cropped and augmented alike.

    Args:
        source_image, target_image: Float32 arrays (S, S, 3), RGB in [-1, 1]; a pose that comes
            without a picture has None as its target image.
        source_joints, target_joints: Float64 arrays (J, 2), pixels of the crop.
    """

    source_image: np.ndarray
    source_joints: np.ndarray
    target_joints: np.ndarray
    target_image: np.ndarray | None


class Pairs:
    """All pairs of frames that a set of videos offers, as an endless list of examples.

    Frames that show too little (`Video.usable`) are left out, and so is a video that is left
    with fewer than two; `left_out` counts the frames. `videos` are the ones that remain.

    Args:
        videos: At least one Video, each of two frames or more.
        config: ModelConfig. Gives the skeleton and the image size.
        seed: int. Examples are drawn from (seed, index).
        augment: bool. Whether the published random changes are applied.
        fit: `"person"` crops about the person at a common scale; `"stretch"` resizes the
            whole frame, as the upper-body report did.

    Raises:
        DataError: A video is too short or lacks a joint, or no frame can be used.
    """

    def __init__(
        self,
        videos: Sequence[Video],
        config: ModelConfig,
        seed: int = 0,
        augment: bool = False,
        fit: str = "person",
    ):
        if not videos:
            raise DataError("expected at least one video, got none")
        self.config = config
        self.seed = seed
        self.augment = augment
        self.fit = fit
        self.error: DataError | None = None
        self.videos: list[Video] = []
        self.left_out = 0
        self._sizes: list[np.ndarray] = []
        self._centers: list[np.ndarray] = []
        for video in videos:
            self._add(video.select(config.skeleton))
        if not self.videos:
            raise DataError(
                f"none of the {self.left_out} frames can be used: expected videos with two frames "
                f"or more that show a whole limb of skeleton {config.skeleton.name} and let the "
                f"person's size be measured (first: {videos[0].frames[0]})"
            )

    def _add(self, video):
        if len(video.frames) < 2:
            raise DataError(
                f"video {video.name!r}: too short for a pair of different frames: "
                f"expected 2 frames or more, got {len(video.frames)}"
            )
        kept = video.usable(self.config.skeleton)
        if kept.sum() < 2:
            kept[:] = False
        self.left_out += int((~kept).sum())
        if kept.any():
            self.videos.append(video.take(kept))
            # Measured before frames are taken away: a median counts all that were measurable.
            self._sizes.append(video.person_sizes(self.config.skeleton)[kept])
            self._centers.append(video.person_centers()[kept])

    def draw(self, index: int) -> tuple[int, int, int, Augmentation]:
        """Draws the example's video, source frame, target frame and augmentation."""
        random = np.random.default_rng((self.seed, index))
        video = int(random.integers(len(self.videos)))
        count = len(self.videos[video].frames)
        source = int(random.integers(count))
        distance = np.abs(np.arange(count) - source)
        target = int(random.choice(np.flatnonzero(distance > MIN_FRAME_DISTANCE * count)))
        augmentation = Augmentation.draw(random) if self.augment else Augmentation()
        return video, source, target, augmentation

    def one_per_video(self, count: int) -> list[int]:
        """The first indices of examples that go through the videos in turn.

        Args:
            count: int. Number of examples; the videos come again if it is larger than theirs.
        """
        indices: list[int] = []
        for position in range(count):
            video = position % len(self.videos)
            fresh = (index for index in itertools.count() if index not in indices)
            indices.append(next(index for index in fresh if self.draw(index)[0] == video))
        return indices

    def example(self, index: int) -> Example:
        """Makes one example.

        Raises:
            DataError: A frame cannot be read.
        """
        return self.make(*self.draw(index))

    def make(self, video: int, source: int, target: int, augmentation: Augmentation) -> Example:
        """Makes the example of a given pair.

        Args:
            video: int. Index of the video.
            source, target: int. Indices of the frames.
            augmentation: Augmentation. Applied to both frames.

        Raises:
            DataError: A frame cannot be read.
        """
        crop = None
        if self.fit == "person":
            pair = [source, target]
            crop = crop_affine(
                self._sizes[video][pair].max(),
                self._centers[video][pair].mean(axis=0),
                self.config.image_size,
            )
        source_image, source_joints = self._view(video, source, crop, augmentation)
        target_image, target_joints = self._view(video, target, crop, augmentation)
        return Example(source_image, source_joints, target_joints, target_image)

    def _view(self, video, frame, crop, augmentation):
        path, size = self.videos[video].frames[frame], self.config.image_size
        if crop is None:
            crop = stretch_affine(frame_shape(path), size)
        affine = compose(augmentation.affine(size), crop)
        image, reduction = _read_reduced(path, np.linalg.norm(affine[:, 0]))
        # The centre of pixel i of a reduced image is that of its `reduction` pixels.
        offset = (reduction - 1) / 2
        enlarge = np.array([[reduction, 0, offset], [0, reduction, offset]])
        # Rounded up to whole reduced pixels, which are at most one pixel of the crop.
        height, width = np.multiply(image.shape[:2], reduction)
        image = resample(image, compose(affine, enlarge), size)[..., ::-1]
        image = augmentation.adjust(image / np.float32(127.5) - 1)
        joints = without_outside(self.videos[video].joints[frame], height, width)
        joints = transform_points(joints, affine)
        if augmentation.flip:
            joints = joints[self.config.skeleton.mirrored]
        return image, joints

    @contextlib.contextmanager
    def errors_raised(self) -> Iterator[None]:
        """Raises the DataError of an example in place of what TensorFlow makes of it."""
        try:
            yield
        except tf.errors.OpError as error:
            if self.error is not None:
                raise self.error from error
            raise

    def arrays(self, index: int) -> tuple[np.ndarray, ...]:
        """The fields of an example; keeps its error for `errors_raised`."""
        try:
            return dataclasses.astuple(self.example(int(index)))
        except DataError as error:
            self.error = error
            raise


@functools.cache
def frame_shape(path: Path) -> tuple[int, int]:
    """Height and width of an image file.

    Raises:
        DataError: The file cannot be read as an image.
    """
    return _read_reduced(path, 1.0)[0].shape[:2]


def _read_reduced(path, scale):
    """Reads a frame in BGR, at half, a quarter or an eighth of its size if `scale` allows.

    Bilinear resampling to less than half the size would skip pixels; decoding at a reduced
    size averages them, and is faster.
    """
    reduction = next(factor for factor in REDUCTIONS if scale * factor <= 1 or factor == 1)
    image = cv2.imread(str(path), REDUCTIONS[reduction])
    if image is None:
        problem = "cannot be read as an image" if path.is_file() else "no such file"
        raise DataError(f"{path}: {problem}: expected a JPEG or PNG frame")
    return image, reduction


def make_dataset(
    pairs: Pairs, batch_size: int, first_batch: int = 0, batches: int | None = None
) -> tf.data.Dataset:
    """Makes the data set of batches that the networks train on.

    Args:
        pairs: Pairs.
        batch_size: int. Examples a batch, B.
        first_batch: int. Number of batches to leave out at the beginning, at no cost.
        batches: int or None. Number of batches; endless if None.

    Returns:
        tf.data.Dataset of (inputs, target image): `network_inputs`'s dict, and a float32
        tensor (B, S, S, 3), RGB in [-1, 1].
    """
    size, skeleton = pairs.config.image_size, pairs.config.skeleton
    image, joints = (size, size, 3), (len(skeleton.joints), 2)
    shapes = (image, joints, joints, image)
    dtypes = (tf.float32, tf.float64, tf.float64, tf.float32)

    def example(index):
        arrays = tf.numpy_function(pairs.arrays, [index], dtypes)
        return tuple(map(tf.ensure_shape, arrays, shapes))

    def with_volumes(source_image, source_joints, target_joints, target_image):
        inputs = network_inputs(source_image, source_joints, target_joints, skeleton, size)
        return inputs, target_image

    first = first_batch * batch_size
    last = tf.int64.max if batches is None else first + batches * batch_size
    dataset = tf.data.Dataset.range(first, last)
    dataset = dataset.map(example, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    dataset = dataset.batch(batch_size, drop_remainder=True)
    dataset = dataset.map(with_volumes, num_parallel_calls=tf.data.AUTOTUNE)
    return dataset.prefetch(tf.data.AUTOTUNE)


def collate(examples: Sequence[Example], config: ModelConfig) -> dict[str, tf.Tensor]:
    """Makes the networks' inputs of a few examples, as `make_dataset` does of many."""
    source_image, source_joints, target_joints = (
        np.stack([getattr(example, field) for example in examples])
        for field in ("source_image", "source_joints", "target_joints")
    )
    return network_inputs(
        source_image, source_joints, target_joints, config.skeleton, config.image_size
    )
