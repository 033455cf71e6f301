"""The body: 160 people's shapes, a skeleton that poses them, and the joints of an annotator.

`body.npz` is MakeHuman's public-domain base mesh (`LICENSE-body.txt`): a skinned body with eyes,
and three helper meshes around it that clothes and hair are made from. Metres; the rest pose is
an A pose with the feet at y = 0.
"""

import dataclasses
import functools
from pathlib import Path

import numpy as np
import scipy.sparse

from data.people.geometry import smoothstep, unit
from posewarp.skeleton import FULL_BODY

SIDES = {"L": 1, "R": -1}
"""The sides' suffixes, and the sign of x there."""
GROUPS = ("body", "left_eye", "right_eye", "tights", "skirt", "hair")
MASKS = ("lips", "eyelids", "ears", "nails", "mouth")
NECK_RISE = 0.015
"""Height of an annotator's neck above the shoulders' line, as a share of the body's height."""
BONE_OF_JOINT = {
    "shoulder": "upperarm01",
    "elbow": "lowerarm01",
    "wrist": "wrist",
    "hip": "upperleg01",
    "knee": "lowerleg01",
    "ankle": "foot",
}


@dataclasses.dataclass(frozen=True)
class Pose:
    """Where the bones are.

    Args:
        rotations: Float array (B, 3, 3), from the rest pose.
        heads: Float array (B, 3), positions of the bones' heads.
    """

    rotations: np.ndarray
    heads: np.ndarray


class Body:
    """What all people share: topology, skinning, and coordinates to cut clothes by.

    Attributes of vertices, on the mean body: `arm`, `leg`, `foot`, `head` are the shares of
    those bones; `along_arm` is 0 at the shoulder, 1 at the elbow, 2 at the wrist; `along_leg` is
    0 at the hip, 1 at the knee, 2 at the ankle.
    """

    def __init__(self, path: Path):
        with np.load(path) as arrays:
            data = {name: arrays[name] for name in arrays.files}
        self.mean = data["mean"]
        self.bones = [str(name) for name in data["bones"]]
        self.bone = {name: index for index, name in enumerate(self.bones)}
        self.parents = data["parents"].astype(int)
        self.mean_heads = data["joints"][0]
        self.basis = data["basis"].astype("float32")
        self.coefficients = data["coefficients"]
        self.phenotypes = data["phenotypes"]
        self.vertices = {
            name: slice(first, end)
            for name, (first, end) in zip(GROUPS, data["vertex_ranges"], strict=True)
        }
        self.quads = {
            name: data["quads"][data["quad_group"] == index].astype(int)
            for index, name in enumerate(GROUPS)
        }
        self.masks = {
            name: data["masks"][:, index].astype("float32") / 255
            for index, name in enumerate(MASKS)
        }
        self.expressions = {
            str(name): offsets.astype("float32")
            for name, offsets in zip(data["expression_names"], data["expressions"], strict=True)
        }
        self.expression_vertices = data["expression_vertices"].astype(int)
        weights = np.zeros((len(self.mean), len(self.bones)), "float32")
        shares = data["weights"].astype("float32") / 65535
        np.put_along_axis(weights, data["weight_bones"].astype(int), shares, axis=1)
        self.weights = scipy.sparse.csr_matrix(weights)
        self._add_coordinates(weights)
        skin = self.mean[self.vertices["body"]]
        middle = np.flatnonzero(np.abs(skin[:, 0]) < 0.01)
        self.crown = int(middle[skin[middle, 1].argmax()])
        self.eye_height = float(self.mean[self.vertices["left_eye"], 1].mean())

    def _add_coordinates(self, weights):
        def share_of(*prefixes):
            columns = [i for i, bone in enumerate(self.bones) if bone.startswith(prefixes)]
            return weights[:, columns].sum(axis=1)

        self.arm = share_of("upperarm", "lowerarm", "wrist", "finger")
        self.leg = share_of("upperleg", "lowerleg", "foot")
        self.foot = share_of("foot")
        self.head = share_of("head", "neck03")
        self.along_arm = self._along("upperarm01", "lowerarm01", "wrist")
        self.along_leg = self._along("upperleg01", "lowerleg01", "foot")

    def _along(self, *bones):
        """How far along a limb every vertex is: 0 at its start, 1 at its hinge, 2 at its end."""
        along = np.zeros(len(self.mean), "float32")
        for side, sign in SIDES.items():
            start, hinge, end = (self.mean_heads[self.bone[f"{name}.{side}"]] for name in bones)
            upper, lower = hinge - start, end - hinge
            on_upper = (self.mean - start) @ upper / (upper @ upper)
            on_lower = (self.mean - hinge) @ lower / (lower @ lower)
            beyond = (self.mean - hinge) @ (unit(upper) + unit(lower)) > 0
            value = np.where(beyond, 1 + np.maximum(on_lower, 0), np.minimum(on_upper, 1))
            along = np.where(self.mean[:, 0] * sign >= 0, value, along)
        return along.astype("float32")

    def shape(self, coefficients: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """A person's vertices (V, 3) and bones' heads (B, 3) in the rest pose."""
        moved = np.tensordot(coefficients.astype("float32"), self.basis, 1)
        count = len(self.mean)
        heads = self.mean_heads + moved[count : count + len(self.bones)]
        return self.mean + moved[:count], heads.astype(float)

    def express(self, vertices: np.ndarray, expression: dict[str, float]) -> np.ndarray:
        """Vertices with an expression: the amount of each action, 0 to about 1."""
        vertices = vertices.copy()
        for name, amount in expression.items():
            vertices[self.expression_vertices] += np.float32(amount) * self.expressions[name]
        return vertices

    def forward(self, heads, local: dict, fixed: dict, position) -> Pose:
        """Places the bones.

        Args:
            heads: Float array (B, 3), the person's.
            local: Rotations relative to the parent, by bone; absent ones are at rest.
            fixed: Rotations from the rest pose whatever the parent's, by bone.
            position: Where the root's head is.
        """
        rotations = np.zeros((len(self.bones), 3, 3))
        placed = np.zeros((len(self.bones), 3))
        for index, (bone, parent) in enumerate(zip(self.bones, self.parents, strict=True)):
            above = np.eye(3) if parent < 0 else rotations[parent]
            rotations[index] = fixed[bone] if bone in fixed else above @ local.get(bone, np.eye(3))
            placed[index] = (
                position if parent < 0 else placed[parent] + above @ (heads[index] - heads[parent])
            )
        return Pose(rotations, placed)

    def skin(self, vertices: np.ndarray, heads: np.ndarray, pose: Pose) -> np.ndarray:
        """Moves a person's vertices (V, 3) at rest into a pose."""
        shifts = pose.heads - np.einsum("bij,bj->bi", pose.rotations, heads)
        transforms = np.concatenate([pose.rotations, shifts[..., None]], axis=2)
        blended = (self.weights @ transforms.reshape(-1, 12).astype("float32")).reshape(-1, 3, 4)
        return np.einsum("vij,vj->vi", blended[..., :3], vertices) + blended[..., 3]

    def joints(self, vertices: np.ndarray, pose: Pose, height: float) -> np.ndarray:
        """The joints (14, 3) of FULL_BODY where annotators put them.

        Args:
            vertices: The posed vertices.
            pose: Their pose.
            height: float. The person's standing height in metres.
        """
        places = {"head": vertices[self.crown]}
        for joint, bone in BONE_OF_JOINT.items():
            for side, name in (("L", "left"), ("R", "right")):
                places[f"{name}_{joint}"] = pose.heads[self.bone[f"{bone}.{side}"]]
        middle = (places["left_shoulder"] + places["right_shoulder"]) / 2
        up = pose.rotations[self.bone["spine01"]][:, 1]
        places["neck"] = middle + NECK_RISE * height * up
        return np.stack([places[joint] for joint in FULL_BODY.joints])


@functools.cache
def load_body() -> Body:
    """The body that is shipped with the package, read once a process."""
    return Body(Path(__file__).with_name("body.npz"))


def limb_radius(body: Body, vertices, along, heads, bones) -> np.ndarray:
    """Distance of vertices (V,) from the bones of their side's limb, in metres."""
    radius = np.zeros(len(vertices), "float32")
    for side, sign in SIDES.items():
        start, hinge, end = (heads[body.bone[f"{bone}.{side}"]] for bone in bones)
        share = np.clip(along, 0, 2)[:, None]
        axis = np.where(
            share < 1, start + share * (hinge - start), hinge + (share - 1) * (end - hinge)
        )
        here = body_side(vertices) == sign
        radius[here] = np.linalg.norm(vertices - axis, axis=1)[here]
    return radius


def body_side(vertices: np.ndarray) -> np.ndarray:
    """1 on the person's left, -1 on the right."""
    return np.where(vertices[:, 0] >= 0, 1, -1)


def fade(values, start, end) -> np.ndarray:
    """A smooth step as 32-bit floats."""
    return np.asarray(smoothstep(values, start, end), "float32")
