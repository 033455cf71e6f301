"""The joints of rendered people are where a pose network sees them."""

import numpy as np

from data.annotate.pose_landmarks import PoseLandmarker
from data.people.video import render_video
from posewarp.skeleton import FULL_BODY

NECK, *HIPS = (FULL_BODY.joints.index(name) for name in ("neck", "left_hip", "right_hip"))


def test_a_pose_network_finds_rendered_people_and_their_joints(pose_model):
    landmarker, errors = PoseLandmarker(pose_model), []
    for seed in range(3):
        ((picture, joints, _),) = render_video(np.random.default_rng(seed), 1, 120)
        (person,) = landmarker.people(picture)
        torso = np.linalg.norm(joints[NECK] - joints[HIPS].mean(axis=0))
        errors.append(np.linalg.norm(person.joints - joints, axis=1) / torso)
    assert np.isfinite(errors).mean() > 0.9
    assert np.nanmean(errors) < 0.08
