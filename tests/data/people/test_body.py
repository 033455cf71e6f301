import numpy as np

from data.people.body import NECK_RISE, load_body
from posewarp.skeleton import FULL_BODY

JOINT = {name: index for index, name in enumerate(FULL_BODY.joints)}


def test_a_body_at_rest_stays_as_it_is_and_has_joints_in_the_projects_order():
    body = load_body()
    vertices, heads = body.shape(body.coefficients[5])
    pose = body.forward(heads, {}, {}, heads[0])
    np.testing.assert_allclose(pose.heads, heads, atol=1e-9)
    np.testing.assert_allclose(body.skin(vertices, heads, pose), vertices, atol=1e-4)
    joints = body.joints(vertices, heads, pose)
    # The left is at positive x; from top to bottom.
    assert joints[JOINT["left_wrist"], 0] > 0.2 > -0.2 > joints[JOINT["right_wrist"], 0]
    order = ("head", "neck", "left_shoulder", "left_hip", "left_knee", "left_ankle")
    assert (np.diff([joints[JOINT[name], 1] for name in order]) < 0).all()
    shoulders = joints[[JOINT["left_shoulder"], JOINT["right_shoulder"]]].mean(axis=0)
    rise = (0, NECK_RISE * vertices[body.crown, 1], 0)
    np.testing.assert_allclose(joints[JOINT["neck"]] - shoulders, rise, atol=1e-9)


def test_people_are_of_all_builds_and_expressions_move_only_the_face():
    body = load_body()
    heights = [body.shape(c)[0][body.crown, 1] for c in body.coefficients[::8]]
    assert 1.3 < min(heights) < 1.6 < 1.75 < max(heights) < 2.2
    vertices, _ = body.shape(body.coefficients[5])
    moved = np.linalg.norm(body.express(vertices, [1, 0, 0, 0, 0]) - vertices, axis=1) > 1e-4
    head = np.concatenate([places.head for places in body.places.values()])
    assert moved.any() and (head[moved] > 0.5).all()
