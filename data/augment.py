"""Crop and augmentation as ONE affine map, the same for an image and its joints.

Affine maps are float arrays (2, 3) from input to output pixels, (x, y) order, 0 at the
centre of the first pixel.
"""

import dataclasses

import cv2
import numpy as np

from posewarp.pixels import from_levels
from posewarp.skeleton import PERSON_HEIGHT

FITS = ("person", "stretch")
"""Ways to fit a frame into a square: `crop_affine` and `stretch_affine`."""
TONES, TINT = (-0.4, 1.0), 0.15
"""Ranges of the tones' logarithms: of all three colours together, and of each beside them."""


@dataclasses.dataclass(frozen=True)
class Augmentation:
    """One draw of random changes for both frames of a pair; all but tones are the paper's.

    Args:
        flip: bool. Mirror left and right.
        scale: float. Factor about pixel (0, 0).
        shift: Pixels of a 256 px crop in x and y.
        rotation: float. Degrees counter-clockwise about the centre.
        brightness: float. Factor on the image in [-1, 1].
        tones: Exponents of red, green and blue in [0, 1]: above 1 the image is darker.
    """

    flip: bool = False
    scale: float = 1.0
    shift: tuple[float, float] = (0.0, 0.0)
    rotation: float = 0.0
    brightness: float = 1.0
    tones: tuple[float, float, float] = (1.0, 1.0, 1.0)

    @classmethod
    def draw(cls, random: np.random.Generator, tones: bool = False) -> "Augmentation":
        """Draws from the published ranges and, if wanted, tones."""
        changes = cls(
            flip=bool(random.random() < 0.5),
            scale=random.uniform(0.90, 1.05),
            shift=tuple(random.integers(-5, 6, 2).tolist()),
            rotation=random.uniform(-5, 5),
            brightness=random.uniform(0.95, 1.05),
        )
        if not tones:
            return changes
        exponents = random.uniform(*TONES) + random.uniform(-TINT, TINT, 3)
        return dataclasses.replace(changes, tones=tuple(np.exp(exponents).tolist()))

    def toned(self, image: np.ndarray) -> np.ndarray:
        """Changes the tones of bytes (H, W, C), RGB first; the input where there is no change."""
        if self.tones == (1.0, 1.0, 1.0):
            return image
        exponents = np.ones(image.shape[-1])
        exponents[:3] = self.tones
        levels = np.linspace(0, 1, 256)[:, None] ** exponents
        return cv2.LUT(image, np.rint(255 * levels).astype("uint8")[None])

    def affine(self, size: int) -> np.ndarray:
        """The geometric part as an affine map of S x S crops onto themselves."""
        last = size - 1
        flip = np.array([[-1.0, 0, last], [0, 1, 0]] if self.flip else [[1.0, 0, 0], [0, 1, 0]])
        dx, dy = (step * size / 256 for step in self.shift)
        move = np.array([[self.scale, 0, dx], [0, self.scale, dy]])
        turn = cv2.getRotationMatrix2D((last / 2, last / 2), self.rotation, 1)
        return compose(turn, compose(move, flip))


def crop_affine(person_size: float, center: np.ndarray, size: int) -> np.ndarray:
    """The map from a frame to an S x S crop with the person at its centre.

    Args:
        person_size: float. The person's height in pixels of the frame; of a pair, the larger.
        center: Float array (2,), the person's centre; of a pair, the mean.
        size: int. Height and width S of the crop.
    """
    scale = PERSON_HEIGHT / person_size * size / 256
    return np.column_stack([scale * np.eye(2), (size - 1) / 2 - scale * np.asarray(center)])


def stretch_affine(frame_shape: tuple[int, int], size: int) -> np.ndarray:
    """The map that resizes a whole frame of (height, width) to S x S."""
    height, width = frame_shape
    x, y = size / width, size / height
    return np.array([[x, 0, (x - 1) / 2], [0, y, (y - 1) / 2]])


def compose(second: np.ndarray, first: np.ndarray) -> np.ndarray:
    """The map that applies `first`, then `second`."""
    composed = second[:, :2] @ first
    composed[:, 2] += second[:, 2]
    return composed


def transform_points(points: np.ndarray, affine: np.ndarray) -> np.ndarray:
    """Applies an affine map to points (..., 2)."""
    return points @ affine[:, :2].T + affine[:, 2]


def window_of(affine: np.ndarray, size: int, shape: tuple[int, int]) -> tuple[int, int, int, int]:
    """The part of an image that is seen in a crop.

    Args:
        affine: Float array (2, 3) from the image to the crop.
        size: int. Height and width S of the crop.
        shape: Height and width of the image.

    Returns:
        Top, left, bottom and right in pixels, the last two beyond; at least one pixel, seen or not.
    """
    last = size - 1
    corners = np.array([[0, 0], [last, 0], [0, last], [last, last]])
    corners = transform_points(corners, cv2.invertAffineTransform(affine))
    width_height = np.array(shape[::-1])
    # Bilinear look-ups reach for the pixels on both sides.
    start = np.clip(np.floor(corners.min(axis=0)), 0, width_height - 1)
    end = np.clip(np.floor(corners.max(axis=0)) + 2, start + 1, width_height)
    (left, top), (right, bottom) = start.astype(int).tolist(), end.astype(int).tolist()
    return top, left, bottom, right


def resample(image: np.ndarray, affine: np.ndarray, size: int) -> np.ndarray:
    """Resamples bytes (H, W, C) into an S x S crop, bilinearly; beyond the frame, its edge repeats.

    Args:
        image: Uint8 array (H, W, C).
        affine: Float array (2, 3) from the image to the crop.
        size: int. S.
    """
    return cv2.warpAffine(
        image, affine, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


def normalized(images, brightness=1.0):
    """Takes bytes to [-1, 1], and brightens or darkens them.

    Args:
        images: Uint8 tensor, RGB.
        brightness: Float tensor that broadcasts with the images: factors.

    Returns:
        Float32 tensor; white stays at 1, black goes to minus the factor.
    """
    # Here, as programs that only draw or check people start at once without Keras.
    from keras import ops

    return ops.minimum(from_levels(ops.cast(images, "float32")) * brightness, 1.0)
