"""From photo to photo: crop to the person, run the network, paste the result back.

All of it is one graph in `keras.ops`, so that it can be exported and served, and the crop is
the one that the networks were trained on: scaled by the larger of the two poses, centred
between them, without augmentation.
"""

from pathlib import Path

import keras
import numpy as np
from keras import ops

from posewarp.crops import crop_photos, person_crop, without_outside
from posewarp.detail import add_detail, enlarged_map, kept_photo
from posewarp.errors import DataError
from posewarp.filling import fill_background
from posewarp.joints import Joints, usable_joints
from posewarp.networks import Generator, ModelConfig, PlainUNet, with_masks
from posewarp.pixels import from_levels, to_levels
from posewarp.resampling import resample
from posewarp.saving import load_network
from posewarp.volumes import network_inputs

FEATHER = 1 / 32
"""Width of the border over which a pasted crop fades in, as a share of its side."""
MOST_DETAIL = 4
"""The detail of a photo is that of a crop of at most so many times the network's size."""


@keras.saving.register_keras_serializable(package="posewarp")
class PoseTransfer(keras.Model):
    """A generator with everything around it that takes photos and joints as they are.

    `transfer` takes one photo and checks what it is given. The model itself takes a dict of

    * `photo`: uint8 (B, H, W, 3), RGB, of any size.
    * `source_joints`, `target_joints`: float (B, J, 2), pixels (x, y) of the photo, 0 at the
      centre of the first pixel; NaN where missing. Those outside the photo count as missing.
    * `crop`, optional: float (B, 2, 3), the map from photo to crop in place of `person_crop`'s:
      a scale and a shift per axis.

    and gives a dict of uint8 tensors, RGB:

    * `crop`: (B, S, S, 3), what the network made.
    * `photo`: (B, H, W, 3), the photo with that in its place, faded in over a narrow border. If
      sharp, the detail that the network's size cannot hold is the photo's (`posewarp.detail`), and
      so is all that the person never covers; the place that the person leaves is filled from
      around it (`posewarp.filling`).

    An item whose joints tell no crop (`person_crop`) comes back unchanged, with a black crop.

    Args:
        sharp: bool. Whether the photo's detail is added to what a Generator made; a PlainUNet has
            no masks that would tell where.
    """

    def __init__(
        self, generator: Generator | PlainUNet, name: str = "pose_transfer", sharp: bool = True
    ):
        # Pixel coordinates need float32, whatever the global policy.
        super().__init__(name=name, dtype="float32")
        self.generator = generator
        self.sharp = sharp
        sharpened = sharp and isinstance(generator, Generator)
        self._with_masks = with_masks(generator) if sharpened else None
        self.built = True

    @classmethod
    def load(cls, path: str | Path, sharp: bool = True) -> "PoseTransfer":
        """Loads the generator as `load_network` does, which says what a path may be."""
        return cls(load_network(path), sharp=sharp)

    @property
    def config(self) -> ModelConfig:
        """The generator's configuration."""
        return self.generator.config

    @property
    def input_signature(self) -> dict[str, keras.InputSpec]:
        """What `export` wants to know: batch and photo may have any size."""
        joints = (None, len(self.config.skeleton.joints), 2)
        return {
            "photo": keras.InputSpec("uint8", (None, None, None, 3), name="photo"),
            "source_joints": keras.InputSpec("float32", joints, name="source_joints"),
            "target_joints": keras.InputSpec("float32", joints, name="target_joints"),
        }

    def call(self, inputs):
        """Transfers a batch; the class says what goes in and comes out."""
        skeleton, size = self.config.skeleton, self.config.image_size
        photo = ops.cast(inputs["photo"], "float32")
        height, width = ops.shape(photo)[1:3]
        source, target = (
            ops.convert_to_tensor(inputs[name], "float32")
            for name in ("source_joints", "target_joints")
        )
        crop = inputs.get("crop")
        if crop is None:
            crop = person_crop(source, target, skeleton, size)
        known = ops.all(ops.isfinite(crop), axis=(1, 2))[:, None, None]
        crop = ops.where(known, crop, ops.eye(2, 3))
        scale, shift = ops.stack([crop[:, 0, 0], crop[:, 1, 1]], axis=1), crop[..., 2]

        source, target = (
            without_outside(joints, height, width) * scale[:, None] + shift[:, None]
            for joints in (source, target)
        )
        image = from_levels(crop_photos(photo, crop, size))
        inputs = network_inputs(image, source, target, skeleton, size)
        opacity = ops.where(known[..., None], _opacity(scale, shift, size, height, width), 0.0)
        if self._with_masks is None:
            made = pasted = self.generator(inputs, training=False)
        else:
            masked = self._with_masks(inputs, training=False)
            made, kept = masked["output"], kept_photo(masked)
            opacity *= 1 - resample(kept, 1 / scale, -shift / scale, height, width)
            factor = _detail_factor(height, width, size)
            scale, shift = enlarged_map(scale, shift, factor)
            fine = from_levels(resample(photo, scale, shift, factor * size, factor * size))
            masked = fill_background(masked, inputs, source, skeleton)
            pasted = add_detail(masked, fine, inputs["transforms"], factor)
        pasted = resample(to_levels(pasted), 1 / scale, -shift / scale, height, width)
        made = ops.where(known[..., None], to_levels(made), 0.0)
        return {"crop": _to_bytes(made), "photo": _to_bytes(photo + opacity * (pasted - photo))}

    def transfer(
        self,
        photo: np.ndarray,
        source_joints: Joints,
        target_joints: Joints,
        crop: np.ndarray | None = None,
    ) -> dict[str, np.ndarray]:
        """Paints the person of one photo in another pose.

        Args:
            photo: Uint8 array (H, W, 3), RGB.
            source_joints: The photo's joints in its pixels: float array (J, 2), NaN where missing,
                or (x, y) or None by joint name.
            target_joints: The other pose's joints, in pixels of the same photo.
            crop: Float array (2, 3) or None. As of the class.

        Returns:
            Dict of uint8 arrays, RGB: `crop` (S, S, 3) and `photo` (H, W, 3), as of the class.

        Raises:
            DataError: The photo or the joints cannot be used; the message says which and why.
        """
        photo = np.asarray(photo)
        if photo.dtype != np.uint8 or photo.ndim != 3 or photo.shape[2] != 3 or not photo.size:
            raise DataError(
                f"photo: expected RGB bytes (height, width, 3), got {photo.dtype} {photo.shape}"
            )
        skeleton = self.config.skeleton
        poses = {
            name: usable_joints(joints, skeleton, photo.shape[:2], name)
            for name, joints in (("source_joints", source_joints), ("target_joints", target_joints))
        }
        inputs = {name: joints[None] for name, joints in poses.items()}
        if crop is None:
            crop = person_crop(**inputs, skeleton=skeleton, size=self.config.image_size)[0]
            crop = ops.convert_to_numpy(crop)
        if not np.isfinite(crop).all():
            segments = {"-".join(pair) for measure in skeleton.size for pair in measure.segments}
            raise DataError(
                "source_joints, target_joints: the person's size cannot be measured: expected both "
                f"ends of one of {', '.join(sorted(segments))} in at least one of the poses, the "
                "person upright"
            )
        crop = np.asarray(crop, "float32")
        made = self.predict_on_batch({**inputs, "photo": photo[None], "crop": crop[None]})
        return {name: array[0] for name, array in made.items()}

    def get_config(self):
        """The constructor's arguments."""
        generator = keras.saving.serialize_keras_object(self.generator)
        return {"generator": generator, "name": self.name, "sharp": self.sharp}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """Makes the model anew, with fresh weights."""
        generator = keras.saving.deserialize_keras_object(config["generator"], custom_objects)
        return cls(**{**config, "generator": generator})


def _detail_factor(height, width, size):
    """How many times the network's size a photo's detail is worth, from 1 to MOST_DETAIL.

    The sides are Python integers, or tensors in a graph: `abs` works for both, `min` does not.
    """
    shorter = (height + width - abs(height - width)) // 2
    wanted = (shorter + size - 1) // size
    return (wanted + MOST_DETAIL - abs(wanted - MOST_DETAIL)) // 2


def _opacity(scale, shift, size, height, width):
    """How much of the crop is seen at each of the photo's pixels, (B, height, width, 1)."""

    def profile(axis, length):
        pixels = ops.arange(length, dtype="float32")
        position = scale[:, axis : axis + 1] * pixels + shift[:, axis : axis + 1]
        inside = ops.minimum(position, size - 1 - position)
        return ops.clip(inside / (FEATHER * size), 0, 1)

    return (profile(1, height)[:, :, None] * profile(0, width)[:, None])[..., None]


def _to_bytes(image):
    return ops.cast(ops.clip(ops.round(image), 0, 255), "uint8")
