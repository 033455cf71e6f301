import numpy as np
from published_layout import standing_person

from posewarp.skeleton import FULL_BODY, UPPER_BODY


def test_the_joints_say_which_network_paints(library):
    choose_model = library("eval.inputs").choose_model
    whole = standing_person(3)
    half = whole[0].copy()
    half[FULL_BODY.joints.index("left_knee")] = np.nan
    model, source, poses = choose_model(whole[0], whole[1:])
    assert model.config.skeleton == FULL_BODY and model.sharp
    np.testing.assert_equal([source, poses], [whole[0], whole[1:]])
    model, source, pose = choose_model(half, whole[1])
    assert model.config.skeleton == UPPER_BODY and model.config.image_size == 256
    columns = [FULL_BODY.joints.index(name) for name in UPPER_BODY.joints]
    np.testing.assert_equal([source, pose], [half[columns], whole[1, columns]])
    # Most of a film's poses decide.
    model, *_ = choose_model(whole[0], np.stack([half, *whole[1:]]))
    assert model.config.skeleton == FULL_BODY
