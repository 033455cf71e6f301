"""Draws pairs of frames of one person, and makes crops and joints of them as arrays.

Every example is a function of (seed, example index) alone. It can be made again on any
machine with any number of threads, and a resumed run continues at its index without
replaying what came before.
"""

import dataclasses
import itertools
import math
from collections.abc import Sequence

import numpy as np

from data.annotated_video import Video, without_outside
from data.augment import (
    Augmentation,
    compose,
    crop_affine,
    normalized,
    resample,
    stretch_affine,
    transform_points,
    window_of,
)
from data.frames import CHANNELS, REDUCTIONS, Frames, reduced
from posewarp.errors import DataError
from posewarp.networks import ModelConfig

MIN_FRAME_DISTANCE = 0.02
"""Frames of a pair are further apart than this share of their video."""


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
        cache_mib: int. Room for decoded frames in MiB.
        tones: bool. Whether `augment` also changes the tones.

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
        cache_mib: int = 0,
        tones: bool = False,
    ):
        if not videos:
            raise DataError("expected at least one video, got none")
        self.config = config
        self.seed = seed
        self.augment = augment
        self.tones = tones
        self.fit = fit
        self.frames = Frames(cache_mib)
        self.error: DataError | None = None
        self.videos: list[Video] = []
        self.left_out = 0
        self._sizes: list[np.ndarray] = []
        self._centers: list[np.ndarray] = []
        for video in (video.select(config.skeleton) for video in videos):
            if len(video.frames) < 2:
                raise DataError(
                    f"video {video.name!r}: too short for a pair of different frames: "
                    f"expected 2 frames or more, got {len(video.frames)}"
                )
            kept = video.usable(config.skeleton)
            self.left_out += int((~kept).sum())
            if kept.any():
                self.videos.append(video.take(kept))
                # Measured before frames are taken away: a median counts all that were measurable.
                self._sizes.append(video.person_sizes(config.skeleton)[kept])
                self._centers.append(video.person_centers()[kept])
        if not self.videos:
            raise DataError(
                f"none of the {self.left_out} frames can be used: expected videos with two frames "
                f"or more that show a whole limb of skeleton {config.skeleton.name} and let the "
                f"person's size be measured (first: {videos[0].frames[0]})"
            )

    def draw(self, index: int) -> tuple[int, int, int, Augmentation]:
        """Draws the example's video, source frame, target frame and augmentation."""
        random = np.random.default_rng((self.seed, index))
        video = int(random.integers(len(self.videos)))
        count = len(self.videos[video].frames)
        source = int(random.integers(count))
        distance = np.abs(np.arange(count) - source)
        target = int(random.choice(np.flatnonzero(distance > MIN_FRAME_DISTANCE * count)))
        augmentation = Augmentation.draw(random, self.tones) if self.augment else Augmentation()
        return video, source, target, augmentation

    def one_per_video(self, count: int) -> list[int]:
        """The first indices of so many examples that go through the videos in turn, and again."""
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
        """Makes the example of a given pair, as `draw` gives it; errors are those of `example`."""
        images, joints = zip(*self._views(video, source, target, augmentation), strict=True)
        images = np.array(normalized(np.stack(images)[..., :3], augmentation.brightness))
        return Example(images[0], *joints, images[1])

    def _views(self, video, source, target, augmentation):
        """The bytes (S, S, CHANNELS) and the joints (J, 2) of the source and of the target."""
        pair, crop = [source, target], None
        if self.fit == "person":
            size, center = self._sizes[video][pair].max(), self._centers[video][pair].mean(axis=0)
            crop = crop_affine(size, center, self.config.image_size)
        return [self._view(video, frame, crop, augmentation) for frame in pair]

    def _view(self, video, frame, crop, augmentation):
        path, size = self.videos[video].frames[frame], self.config.image_size
        shape = self.frames.shape(path)
        if crop is None:
            crop = stretch_affine(shape, size)
        affine = compose(augmentation.affine(size), crop)
        # Bilinear resampling to less than half the size would skip pixels; decoding at a reduced
        # size averages them, and is faster.
        scale = math.hypot(*affine[:, 0])
        reduction = next(factor for factor in REDUCTIONS if scale * factor <= 1 or factor == 1)
        height, width = reduced(shape, reduction)
        # The centre of pixel i of a reduced image is that of its `reduction` pixels.
        offset = (reduction - 1) / 2
        from_reduced = compose(affine, np.array([[reduction, 0, offset], [0, reduction, offset]]))
        window = window_of(from_reduced, size, (height, width))
        top, left, *_ = window
        from_part = compose(from_reduced, np.array([[1, 0, left], [0, 1, top]]))
        image = resample(self.frames.read(path, reduction, window), from_part, size)
        image = augmentation.toned(image)
        # Rounded up to whole reduced pixels, which are at most one pixel of the crop.
        height, width = height * reduction, width * reduction
        joints = without_outside(self.videos[video].joints[frame], height, width)
        joints = transform_points(joints, affine)
        if augmentation.flip:
            joints = joints[self.config.skeleton.mirrored]
        return image, joints

    def batch(self, number: int, batch_size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Makes a batch as bytes; keeps its error for `errors_raised`.

        Args:
            number: int. It has the examples from `number * batch_size` on.
            batch_size: int. B.

        Returns:
            Uint8 array (2, B, S, S, CHANNELS): source and target images, RGB first. Float64 array
            (2, B, J, 2): their joints, in pixels of the crop. Float32 array (B,): brightness.

        Raises:
            DataError: A frame cannot be read.
        """
        size = self.config.image_size
        images = np.empty((2, batch_size, size, size, CHANNELS), "uint8")
        joints = np.empty((2, batch_size, len(self.config.skeleton.joints), 2))
        brightness = np.empty(batch_size, "float32")
        try:
            for row in range(batch_size):
                draw = self.draw(int(number) * batch_size + row)
                for role, (image, points) in enumerate(self._views(*draw)):
                    images[role, row], joints[role, row] = image, points
                brightness[row] = draw[-1].brightness
        except DataError as error:
            self.error = error
            raise
        return images, joints, brightness
