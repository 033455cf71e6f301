"""A small data set in the published layout, written anew."""

import cv2
import numpy as np
import scipy.io

from posewarp.skeleton import FULL_BODY


def standing_person(frames=3):
    """Joints (N, 14, 2) of a person of 200 px who walks to the right."""
    height = {"head": 0, "neck": 30, "shoulder": 40, "elbow": 75, "wrist": 105}
    height |= {"hip": 100, "knee": 150, "ankle": 195}
    side = {"right": -20, "left": 20}
    joints = []
    for name in FULL_BODY.joints:
        *sides, part = name.split("_")
        joints.append([150 + (side[sides[0]] if sides else 0), 40 + height[part]])
    return np.array(joints, float) + np.arange(frames)[:, None, None] * [5.0, 0]


def by_name(joints, **changed):
    """The object of a joints file, of joints (14, 2)."""
    return {**dict(zip(FULL_BODY.joints, joints.tolist(), strict=True)), **changed}


def write_video(root, name="walk", frames=3, split="train", joints=None, **fields):
    folder = root / split / "frames" / name
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(0)
    for number in range(1, frames + 1):
        frame = random.integers(0, 255, (300, 320, 3), "uint8")
        cv2.imwrite(str(folder / f"{number}.jpg"), frame)
    joints = standing_person(frames) if joints is None else joints
    boxes = np.tile([120.0, 40.0, 60.0, 200.0], (frames, 1))
    data = {"X": np.moveaxis(joints, 0, 2) + 1, "bbox": boxes, **fields}
    info = root / split / "info"
    info.mkdir(exist_ok=True)
    scipy.io.savemat(info / f"{name}.mat", {"data": data})
    return folder, info / f"{name}.mat"
