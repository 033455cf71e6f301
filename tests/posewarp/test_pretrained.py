"""The networks that ship do what they ship for."""

import itertools

import numpy as np
import pytest

from data.samples import signing_frames
from posewarp.saving import PRETRAINED, load_network
from posewarp.skeleton import FULL_BODY, SKELETONS
from posewarp.transfer import PoseTransfer

FRAMES = (60, 42)
"""Of D, whom no network has seen: with arms that hang, and hands before the chest."""


@pytest.mark.parametrize("name", PRETRAINED)
def test_a_network_that_ships_is_small_and_of_its_skeleton(name):
    network = load_network(name)
    assert network.config.skeleton == SKELETONS[name]
    assert network.config.image_size == 256
    assert 2 * network.count_params() < 5_000_000


def test_an_unseen_person_comes_nearer_to_another_pose():
    frames = [(x.image, joints) for x, joints in itertools.islice(signing_frames("D"), 61)]
    (photo, source), (target, pose) = (frames[number] for number in FRAMES)
    model = PoseTransfer.load("upper_body")
    columns = [FULL_BODY.joints.index(joint) for joint in model.config.skeleton.joints]
    made = model.transfer(photo, source[columns], pose[columns])["photo"]
    ends = (end([source, pose], axis=(0, 1)).astype(int) for end in (np.nanmin, np.nanmax))
    (left, top), (right, bottom) = ends
    person = np.s_[top:bottom, left:right]
    ours, copied = (np.abs(x[person].astype(int) - target[person]).mean() for x in (made, photo))
    assert ours < 0.9 * copied
