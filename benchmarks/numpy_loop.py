"""The baseline of the data pipeline: examples made one by one with NumPy and OpenCV.

A plain port of how the published code works: every frame is decoded anew, every change of the
image is a pass of its own, every joint and every limb is drawn over the whole grid in NumPy's
float64, and one thread does it all. Nothing in it is slow on purpose: images stay bytes until
the last pass.
"""

import cv2
import numpy as np

from data.annotated_video import without_outside
from data.augment import Augmentation, crop_affine, stretch_affine
from data.pairs import Pairs
from data.pipeline import make_dataset
from posewarp.errors import DataError
from posewarp.pixels import from_levels
from posewarp.skeleton import Skeleton

SIGMA = 7 / 4
TOLERANCES = {
    "source_volume": 1e-4,
    "target_volume": 1e-4,
    # The logarithm of what limbs leave to the background: digits are lost where they leave little.
    "mask_prior": 1e-3,
    "transforms": 1e-3,
}
"""Largest differences."""
LEAST_PSNR = 33.0
"""Of images, in dB: the loop resamples up to four times where the pipeline does once."""
COMPARED = 4
"""Batches that are compared."""
TINY = 1e-20
"""Keeps the logarithm of no error at all finite."""


class NumpyLoop:
    """Makes the batches that `data.pipeline.make_dataset` makes.

    Args:
        pairs: Pairs. What is drawn from them is the same for both.
        batch_size: int. B.
    """

    def __init__(self, pairs: Pairs, batch_size: int):
        self.pairs = pairs
        self.batch_size = batch_size
        skeleton = pairs.config.skeleton
        self.sizes = [video.person_sizes(skeleton) for video in pairs.videos]
        self.centers = [video.person_centers() for video in pairs.videos]

    def batch(self, number: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """Makes a batch: the networks' inputs by name, and the target images."""
        first = number * self.batch_size
        examples = [self.example(index) for index in range(first, first + self.batch_size)]
        inputs = {
            name: np.array([inputs[name] for inputs, _ in examples], "float32")
            for name in examples[0][0]
        }
        return inputs, np.array([target for _, target in examples], "float32")

    def example(self, index: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """Makes an example: the inputs by name, and the target image."""
        skeleton, size = self.pairs.config.skeleton, self.pairs.config.image_size
        (source, source_joints), (target, target_joints) = self.views(*self.pairs.draw(index))
        inputs = {
            "source_image": source,
            "source_volume": joint_volume(source_joints, size),
            "target_volume": joint_volume(target_joints, size),
            "mask_prior": mask_prior(source_joints, skeleton, size),
            "transforms": limb_transforms(source_joints, target_joints, skeleton),
        }
        return inputs, target

    def views(
        self, video: int, source: int, target: int, augmentation: Augmentation, read=cv2.imread
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """Images (S, S, 3) in [-1, 1] and joints (J, 2) of the source and of the target."""
        config, pair = self.pairs.config, [source, target]
        frames = self.pairs.videos[video].frames
        views = []
        for frame in pair:
            image = read(str(frames[frame]))
            if self.pairs.fit == "person":
                size, center = self.sizes[video][pair].max(), self.centers[video][pair].mean(axis=0)
                crop = crop_affine(size, center, config.image_size)
            else:
                crop = stretch_affine(image.shape[:2], config.image_size)
            joints = without_outside(self.pairs.videos[video].joints[frame], *image.shape[:2])
            joints = joints @ crop[:, :2].T + crop[:, 2]
            image = cv2.warpAffine(image, crop, (config.image_size, config.image_size))
            image, joints = augmented(image, joints, augmentation, config.skeleton)
            image = np.minimum(from_levels(image[..., ::-1]) * augmentation.brightness, 1)
            views.append((image, joints))
        return views


def augmented(
    image: np.ndarray, joints: np.ndarray, augmentation: Augmentation, skeleton: Skeleton
) -> tuple[np.ndarray, np.ndarray]:
    """Flips, scales, shifts and rotates a crop and its joints, one after the other."""
    size, last = len(image), len(image) - 1
    if augmentation == Augmentation():
        return image, joints
    if augmentation.flip:
        image = cv2.flip(image, 1)
        joints = np.stack([last - joints[:, 0], joints[:, 1]], axis=1)[skeleton.mirrored]
    scale, shift = augmentation.scale, np.array(augmentation.shift) * size / 256
    steps = (
        np.array([[scale, 0, 0], [0, scale, 0]]),
        np.array([[1, 0, shift[0]], [0, 1, shift[1]]]),
        cv2.getRotationMatrix2D((last / 2, last / 2), augmentation.rotation, 1),
    )
    for affine in steps:
        image = cv2.warpAffine(image, affine, (size, size))
        joints = joints @ affine[:, :2].T + affine[:, 2]
    return image, joints


def joint_volume(joints: np.ndarray, size: int) -> np.ndarray:
    """Draws a Gaussian per joint (J, 2) on the grid of half the size, (S/2, S/2, J)."""
    half = size // 2
    x, y = np.meshgrid(np.arange(half), np.arange(half))
    sigma = SIGMA * size / 256
    volume = np.zeros((half, half, len(joints)))
    for index, (joint_x, joint_y) in enumerate(joints / 2):
        if 0 < joint_x < half - 1 and 0 < joint_y < half - 1:
            squared_distance = (x - joint_x) ** 2 + (y - joint_y) ** 2
            volume[..., index] = np.exp(-squared_distance / (2 * sigma**2))
    return volume


def mask_prior(joints: np.ndarray, skeleton: Skeleton, size: int) -> np.ndarray:
    """Draws the limbs' masks, and the background's before them, as logarithms."""
    scale = size / 256
    x, y = np.meshgrid(np.arange(size), np.arange(size))
    masks = np.zeros((size, size, len(skeleton.limbs) + 1))
    for index, limb in enumerate(skeleton.limbs, start=1):
        start, end = (
            np.mean([joints[skeleton.joints.index(name)] for name in group], axis=0)
            for group in limb.ends
        )
        if np.isnan(start).any() or np.isnan(end).any():
            continue
        length = np.linalg.norm(end - start)
        cosine, sine = (end - start) / length if length > 0 else (1.0, 0.0)
        dx, dy = x - (start[0] + end[0]) / 2, y - (start[1] + end[1]) / 2
        along, across = cosine * dx + sine * dy, cosine * dy - sine * dx
        variance = max(5 * scale**2, length**2 / 1.5)
        width = limb.width * scale
        mask = np.exp(-(along**2) / (2 * variance) - across**2 / (2 * width**2))
        masks[..., index] = mask / (mask.max() + 1e-6)
    masks[..., 0] = 1 - masks[..., 1:].max(axis=-1)
    return np.log(masks + 1e-10)


def limb_transforms(source: np.ndarray, target: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """Fits a similarity from target to source joints per limb, (2, 3, L + 1)."""
    transforms = np.zeros((2, 3, len(skeleton.limbs) + 1))
    transforms[:] = np.eye(2, 3)[..., None]
    for index, limb in enumerate(skeleton.limbs, start=1):
        members = [skeleton.joints.index(name) for name in limb.joints]
        if np.isnan(source[members]).any() or np.isnan(target[members]).any():
            continue
        equations, values = [], []
        for (x, y), (source_x, source_y) in zip(target[members], source[members], strict=True):
            equations += [[x, -y, 1, 0], [y, x, 0, 1]]
            values += [source_x, source_y]
        a, b, tx, ty = np.linalg.lstsq(np.array(equations), np.array(values), rcond=None)[0]
        transforms[..., index] = [[a, -b, tx], [b, a, ty]]
    return transforms


def disagreement(pairs: Pairs, batch_size: int) -> dict[str, float]:
    """How far the pipeline is from the loop in a few batches.

    Returns:
        Largest absolute difference by name of the tensor, and `images`: the PSNR in dB of the
        images, where the loop's up to four resamplings have left no border.
    """
    loop = NumpyLoop(pairs, batch_size)
    worst = dict.fromkeys(TOLERANCES, 0.0)
    squares = []
    for number, (inputs, target) in enumerate(make_dataset(pairs, batch_size, batches=COMPARED)):
        expected, expected_target = loop.batch(number)
        for name in TOLERANCES:
            difference = np.abs(np.array(inputs[name]) - expected[name]).max()
            worst[name] = max(worst[name], float(difference))
        ours, theirs = (inputs["source_image"], target), (expected["source_image"], expected_target)
        errors = np.subtract(ours, theirs).swapaxes(0, 1)
        for row, of_pair in enumerate(errors):
            inside = _without_border(loop, number * batch_size + row)
            squares.append(np.square(of_pair[inside] / 2))
    return worst | {"images": float(-10 * np.log10(np.mean(np.concatenate(squares)) + TINY))}


def _without_border(loop, index):
    """Where none of the loop's resamplings has reached beyond its image, (2, S, S)."""
    views = loop.views(
        *loop.pairs.draw(index), read=lambda path: np.full_like(cv2.imread(path), 255)
    )
    return np.stack([(white == white.max()).all(axis=-1) for white, _ in views])


def require_agreement(pairs: Pairs, batch_size: int) -> str:
    """Checks that what is timed is the same, and says how close it is.

    Raises:
        DataError: It is not.
    """
    found = disagreement(pairs, batch_size)
    far = [name for name, most in TOLERANCES.items() if not found[name] <= most]
    if not found["images"] >= LEAST_PSNR:
        far.append("images")
    numbers = ", ".join(f"{name} {value:.2g}" for name, value in found.items())
    if far:
        raise DataError(f"the loop and the pipeline disagree in {', '.join(far)}: {numbers}")
    return numbers
