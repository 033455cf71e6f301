"""What the studio computes: photos in, pictures and poses out. One thread at a time."""

import contextlib
import hashlib
import io
from collections.abc import Callable, Sequence

import cv2
import numpy as np
from PIL import Image

from data.annotated_video import without_outside
from data.augment import transform_points
from data.images import decode_photo
from eval.animation import sequence_crop
from eval.inner_layers import layer_pictures, with_inner_layers
from eval.pose_finder import PoseFinder
from eval.studio.rig import hangs_on, limb_ends, template
from posewarp.crops import crop_photos, person_crop
from posewarp.errors import DataError
from posewarp.joints import usable_joints
from posewarp.networks import Generator
from posewarp.pixels import from_levels, to_bytes
from posewarp.retarget import retarget
from posewarp.transfer import PoseTransfer
from posewarp.volumes import network_inputs

MOST_PIXELS = 2**21
"""Of a photo. The page reduces what is larger: the network's image has at most 2 ** 16."""
MOST_BYTES = 2**27
"""Of the photos that are kept, decoded."""
FORMATS = ("JPEG", "PNG", "WEBP")
LARGEST_COORDINATE = 1e5
FIT = "bones"
"""How the pose of another photo is fitted, as in `posewarp.retarget`."""
PANELS = ("photo", "limb masks", "warped limbs", "background", "foreground", "mask", "result")

ExamplePhoto = tuple[str, Callable[[], tuple[bytes, np.ndarray]]]
"""A name, and what gives an image file and the joints (J, 2) in it."""


class Photos:
    """Photos by the hash of their bytes, in memory; beyond `most_bytes`, the longest unused go."""

    def __init__(self, most_bytes: int = MOST_BYTES):
        self._most_bytes = most_bytes
        self._photos: dict[str, np.ndarray] = {}

    def add(self, name: str, photo: np.ndarray):
        """Keeps a photo."""
        self._photos.pop(name, None)  # what is used goes last
        self._photos[name] = photo
        while sum(kept.nbytes for kept in self._photos.values()) > self._most_bytes:
            del self._photos[next(iter(self._photos))]

    def get(self, name: str) -> np.ndarray | None:
        """The photo of a name, or None where it was dropped."""
        if name in self._photos:
            self.add(name, self._photos[name])
        return self._photos.get(name)


def read_upload(data: bytes) -> tuple[str, np.ndarray]:
    """Decodes a JPEG, PNG or WebP file whose head promises few enough pixels; else DataError.

    Returns:
        Its name, which is the hash of its bytes, and uint8 array (H, W, 3), RGB, upright.
    """
    expected = f"expected a photo ({', '.join(FORMATS)})"
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            width, height = image.size
    except (OSError, ValueError, SyntaxError) as error:
        raise DataError(f"the file cannot be read: {expected}") from error
    if width * height > MOST_PIXELS:
        raise DataError(
            f"the photo has {width} x {height} pixels: expected at most {MOST_PIXELS} in all"
        )
    return hashlib.sha256(data).hexdigest(), decode_photo(data, "the file", expected)


class StudioModel:
    """A transfer model and, perhaps, a pose model, for one caller at a time."""

    def __init__(self, transfer: PoseTransfer, finder: PoseFinder | None):
        self._transfer, self._finder = transfer, finder
        self.skeleton, self._size = transfer.config.skeleton, transfer.config.image_size
        network = transfer.generator
        self._layers = with_inner_layers(network) if isinstance(network, Generator) else None

    def describe(self) -> dict:
        """What the page has to know, as JSON values."""
        skeleton = self.skeleton
        return {
            "skeleton": skeleton.name,
            "joints": list(skeleton.joints),
            "limbs": limb_ends(skeleton),
            "mirror": skeleton.mirrored,
            "hangs_on": hangs_on(skeleton),
            "template": np.round(template(skeleton), 4).tolist(),
            "image_size": self._size,
            "panels": list(PANELS) if self._layers else [],
            "finds_poses": self._finder is not None,
        }

    def warm_up(self):
        """Paints photos of two sizes, after which any is painted without tracing its graph anew."""
        # A skeleton of unknown joints may have no size in its template; then a visitor waits.
        with contextlib.suppress(DataError):
            for size in (128, 160):
                photo = np.zeros((size, size, 3), "uint8")
                pose = size * (0.1 + 0.8 * template(self.skeleton)) + (0.4 * size, 0)
                self.paint(photo, pose, pose, None)
            self.panels(photo, pose, pose, None)

    def pose(self, values) -> np.ndarray:
        """A pose of JSON values, [x, y] or null in the skeleton's order; else DataError.

        Returns:
            Float array (J, 2), NaN where missing.
        """
        count = len(self.skeleton.joints)
        try:
            joints = [(np.nan, np.nan) if joint is None else joint for joint in values]
            joints = np.array(joints, "float64")
        except (TypeError, ValueError) as error:
            raise DataError("expected a pose: a list of [x, y] or null") from error
        if joints.shape != (count, 2) or (np.abs(joints) > LARGEST_COORDINATE).any():
            raise DataError(f"expected a pose of {count} joints, [x, y] in pixels or null")
        joints[np.isnan(joints).any(axis=1)] = np.nan
        return joints

    def find(self, photo: np.ndarray) -> list[np.ndarray]:
        """Finds the poses (J, 2) of all people, the largest first; none without a pose model."""
        return self._finder.all_in_photo(photo) if self._finder else []

    def paint(self, photo, source, target, crop) -> np.ndarray:
        """Paints the target pose; arguments and errors as of `PoseTransfer.transfer`."""
        return self._transfer.transfer(photo, source, target, crop)["photo"]

    def panels(self, photo, source, target, crop) -> np.ndarray:
        """What the network made on the way: uint8 (S, len(PANELS) S, 3), `PANELS` side by side.

        Raises:
            DataError: The joints cannot be used, or the network has no modules.
        """
        if self._layers is None:
            raise DataError("the network has no modules to show")
        size, shape = self._size, photo.shape[:2]
        if crop is None:
            crop = np.array(person_crop(source[None], target[None], self.skeleton, size))[0]
        for name, joints in (("photo's pose", source), ("target pose", target)):
            usable_joints(joints, self.skeleton, shape, name)
        if not np.isfinite(crop).all():
            raise DataError("the person's size cannot be measured in these poses")
        image = from_levels(np.array(crop_photos(photo[None], crop[None], size)))
        poses = (
            transform_points(without_outside(joints, *shape), crop)[None]
            for joints in (source, target)
        )
        inputs = network_inputs(image.astype("float32"), *poses, self.skeleton, size)
        made = self._layers.predict_on_batch(inputs)
        pictures = layer_pictures(made)
        mask = np.repeat(pictures["foreground mask"][..., None], 3, axis=-1) * 2 - 1
        shown = [
            image,
            _in_colours(made["mask_source"][..., 1:]),
            *(pictures[name] for name in ("warped limbs", "background", "foreground")),
            mask,
            made["output"],
        ]
        return np.concatenate([to_bytes(picture[0]) for picture in shown], axis=1)

    def crop(self, source: np.ndarray, poses: Sequence[np.ndarray]) -> np.ndarray:
        """One crop (2, 3) for all poses; errors as of `eval.animation.sequence_crop`."""
        return sequence_crop(source, np.stack(poses), self.skeleton, self._size)

    def fit(self, source: np.ndarray, pose: np.ndarray) -> np.ndarray:
        """Fits another person's pose; errors as of `posewarp.retarget.retarget`."""
        return retarget(pose[None], source, self.skeleton, FIT)[0]


def _in_colours(masks):
    """Limb masks (N, S, S, L) as one picture (N, S, S, 3) in [-1, 1], a colour each."""
    count = masks.shape[-1]
    # Neighbours in the list are neighbours in the body: colours far apart for them.
    hues = (np.arange(count) * 0.618 % 1 * 180).astype("uint8")
    hsv = np.stack([hues, np.full(count, 170), np.full(count, 255)], axis=-1).astype("uint8")
    colours = cv2.cvtColor(hsv[None], cv2.COLOR_HSV2RGB)[0] / 127.5
    return np.clip(masks @ colours.astype("float32") - 1, -1, 1)
