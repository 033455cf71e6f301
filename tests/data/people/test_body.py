import numpy as np

from data.people.body import NECK_RISE, load_body
from posewarp.skeleton import FULL_BODY

JOINT = {name: index for index, name in enumerate(FULL_BODY.joints)}


def at_rest(person=5):
    body = load_body()
    vertices, heads = body.shape(body.coefficients[person])
    pose = body.forward(heads, {}, {}, heads[0])
    return body, vertices, heads, pose


def test_a_body_at_rest_stays_as_it_is_and_has_joints_in_the_projects_order():
    body, vertices, heads, pose = at_rest()
    np.testing.assert_allclose(pose.heads, heads, atol=1e-9)
    np.testing.assert_allclose(body.skin(vertices, heads, pose), vertices, atol=1e-4)
    height = vertices[body.crown, 1]
    joints = body.joints(vertices, pose, height)
    # The left is at positive x; from top to bottom.
    assert joints[JOINT["left_wrist"], 0] > 0.2 > -0.2 > joints[JOINT["right_wrist"], 0]
    order = ("head", "neck", "left_shoulder", "left_hip", "left_knee", "left_ankle")
    assert (np.diff([joints[JOINT[name], 1] for name in order]) < 0).all()
    shoulders = joints[[JOINT["left_shoulder"], JOINT["right_shoulder"]]].mean(axis=0)
    rise = joints[JOINT["neck"]] - shoulders
    np.testing.assert_allclose(rise, (0, NECK_RISE * height, 0), atol=1e-9)


def test_people_are_of_all_builds_and_expressions_move_only_the_face():
    body, vertices, *_ = at_rest()
    heights = [body.shape(c)[0][body.crown, 1] for c in body.coefficients[::8]]
    assert 1.3 < min(heights) < 1.6 < 1.75 < max(heights) < 2.2
    smile = body.express(vertices, {"mouthSmileLeft": 1.0})
    moved = np.linalg.norm(smile - vertices, axis=1) > 1e-4
    assert moved.any()
    assert (body.head[moved] > 0.5).all()
