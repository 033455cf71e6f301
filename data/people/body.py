"""The body: 160 people's shapes, a skeleton that poses them, and the joints of an annotator.

`body.npz` is MakeHuman's public-domain base mesh (`LICENSE-body.txt`): a skinned body with eyes,
and helper meshes around it that clothes are made from. Metres; the rest pose is
an A pose with the feet at y = 0. Left and right are mirror images.
"""

import functools
from pathlib import Path
from typing import NamedTuple

import numpy as np
import scipy.sparse

from data.people.geometry import unit
from posewarp.skeleton import FULL_BODY

SIDES = {"L": 1, "R": -1}
"""The sides' suffixes, and the sign of x there."""
GROUPS = ("body", "left_eye", "right_eye", "tights", "skirt", "hair")
MASKS = ("lips", "eyelids", "ears", "nails", "mouth")
HEAD_RISE, SHOULDER_RISE, NECK_RISE = 0.015, 0.017, 0.015
"""Shares of the body's height that an annotator's head is above the crown, for there is hair, the
shoulders above the arms' bones, and the neck above the shoulders' line."""
ARM = ("upperarm01", "lowerarm01", "wrist")
LEG = ("upperleg01", "lowerleg01", "foot")
"""Bones that start at a limb's three joints."""
JOINTS = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
"""The joints at which the bones of ARM and LEG start."""


class Pose(NamedTuple):
    """Where the bones are: rotations (B, 3, 3) from the rest pose, and their heads (B, 3)."""

    rotations: np.ndarray
    heads: np.ndarray


class Body:
    """What all people share: topology, skinning, and coordinates to cut clothes by.

    Attributes of vertices, on the mean body: `arm`, `leg`, `head` are the shares of those
    bones; `along_arm` is 0 at the shoulder, 1 at the elbow, 2 at the wrist; `along_leg` is
    0 at the hip, 1 at the knee, 2 at the ankle.
    """

    def __init__(self, path: Path):
        with np.load(path) as file:
            data = dict(file)
        self.mean, self.mean_heads = data["mean"], data["joints"][0]
        self.bone = {str(name): index for index, name in enumerate(data["bones"])}
        self.parents = data["parents"].astype(int)
        self.basis = data["basis"].astype("float32")
        self.coefficients, self.phenotypes = data["coefficients"], data["phenotypes"]
        self.vertices = {
            name: slice(*ends) for name, ends in zip(GROUPS, data["vertex_ranges"], strict=True)
        }
        quads, group = data["quads"].astype(int), data["quad_group"]
        self.quads = {name: quads[group == index] for index, name in enumerate(GROUPS)}
        self.masks = dict(zip(MASKS, data["masks"].T.astype("float32") / 255, strict=True))
        actions = data["expression_names"].tolist()
        self.expressions = dict(zip(actions, data["expressions"], strict=True))
        self.expression_vertices = data["expression_vertices"].astype(int)
        weights = np.zeros((len(self.mean), len(self.bone)), "float32")
        shares = data["weights"].astype("float32") / 65535
        np.put_along_axis(weights, data["weight_bones"].astype(int), shares, axis=1)
        self.weights = scipy.sparse.csr_matrix(weights)

        def share_of(*prefixes):
            return weights[:, [bone.startswith(prefixes) for bone in self.bone]].sum(axis=1)

        self.arm = share_of("upperarm", "lowerarm", "wrist", "finger")
        self.leg = share_of("upperleg", "lowerleg", "foot")
        self.head = share_of("head", "neck03")
        self.along_arm = self._along(ARM)
        self.along_leg = self._along(LEG)
        skin = self.mean[self.vertices["body"]]
        self.crown = int(np.where(np.abs(skin[:, 0]) < 0.01, skin[:, 1], 0).argmax())
        self.eye_height = float(self.mean[self.vertices["left_eye"], 1].mean())

    def _along(self, bones):
        """How far along a limb every vertex is: 0 at its start, 1 at its hinge, 2 at its end."""
        start, hinge, end = (self.mean_heads[self.bone[f"{bone}.L"]] for bone in bones)
        upper, lower = hinge - start, end - hinge
        # The right side is mirrored onto the left one.
        points = np.stack([np.abs(self.mean[:, 0]), *self.mean.T[1:]], axis=1)
        on_upper = (points - start) @ upper / (upper @ upper)
        on_lower = (points - hinge) @ lower / (lower @ lower)
        beyond = (points - hinge) @ (unit(upper) + unit(lower)) > 0
        return np.where(beyond, 1 + np.maximum(on_lower, 0), np.minimum(on_upper, 1))

    def shape(self, coefficients: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """A person's vertices (V, 3) and bones' heads (B, 3) in the rest pose."""
        moved = np.tensordot(coefficients.astype("float32"), self.basis, 1)
        vertices, heads = np.split(moved[: len(self.mean) + len(self.bone)], [len(self.mean)])
        return self.mean + vertices, (self.mean_heads + heads).astype(float)

    def express(self, vertices: np.ndarray, expression: dict[str, float]) -> np.ndarray:
        """Vertices with an expression: the amount of each action, 0 to about 1."""
        vertices = vertices.copy()
        for name, amount in expression.items():
            vertices[self.expression_vertices] += np.float32(amount) * self.expressions[name]
        return vertices

    def forward(self, heads, local: dict, fixed: dict, position) -> Pose:
        """Places the bones of a person, whose heads (B, 3) at rest are given.

        By bone, `local` has rotations relative to the parent, `fixed` rotations from the rest
        pose whatever the parent's. The root's head comes to `position`.
        """
        rotations = np.tile(np.eye(3), (len(heads), 1, 1))
        placed = np.tile(position, (len(heads), 1))
        for (bone, index), parent in zip(self.bone.items(), self.parents, strict=True):
            if parent >= 0:
                rotations[index] = rotations[parent]
                placed[index] = placed[parent] + rotations[parent] @ (heads[index] - heads[parent])
            rotations[index] = fixed.get(bone, rotations[index] @ local.get(bone, np.eye(3)))
        return Pose(rotations, placed)

    def skin(self, vertices: np.ndarray, heads: np.ndarray, pose: Pose) -> np.ndarray:
        """Moves a person's vertices (V, 3) at rest into a pose."""
        shifts = pose.heads - np.einsum("bij,bj->bi", pose.rotations, heads)
        transforms = np.concatenate([pose.rotations, shifts[..., None]], axis=2)
        blended = (self.weights @ transforms.reshape(-1, 12).astype("float32")).reshape(-1, 3, 4)
        return np.einsum("vij,vj->vi", blended[..., :3], vertices) + blended[..., 3]

    def joints(self, vertices: np.ndarray, pose: Pose, height: float) -> np.ndarray:
        """The joints (14, 3) of FULL_BODY where annotators put them.

        `vertices` (V, 3) are in the pose; `height` is the person's, standing, in metres.
        """
        head, spine = (pose.rotations[self.bone[name]][:, 1] for name in ("head", "spine01"))
        places = {"head": vertices[self.crown] + HEAD_RISE * height * head}
        for joint, bone in zip(JOINTS, ARM + LEG, strict=True):
            places[f"left_{joint}"] = pose.heads[self.bone[f"{bone}.L"]]
            places[f"right_{joint}"] = pose.heads[self.bone[f"{bone}.R"]]
        shoulders = ("left_shoulder", "right_shoulder")
        for shoulder in shoulders:
            places[shoulder] = places[shoulder] + SHOULDER_RISE * height * spine
        middle = sum(places[shoulder] for shoulder in shoulders) / 2
        places["neck"] = middle + NECK_RISE * height * spine
        return np.stack([places[joint] for joint in FULL_BODY.joints])


@functools.cache
def load_body() -> Body:
    """The body that is shipped with the package, read once a process."""
    return Body(Path(__file__).with_name("body.npz"))
