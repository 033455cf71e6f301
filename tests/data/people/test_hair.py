import numpy as np
import pytest

from data.people import hair
from data.people.body import load_body


@pytest.fixture(scope="module")
def head():
    body = load_body()
    vertices, _ = body.shape(body.coefficients[2])
    return hair.Head(body, vertices)


@pytest.mark.parametrize("style", hair.STYLES)
def test_strands_grow_on_the_scalp_and_not_into_the_head_or_the_eyes(head, style):
    body = head.body
    free = np.ones(body.vertices["body"].stop)
    rng = np.random.default_rng(0)
    strands = hair.scalp_strands(rng, head, style, np.ones(3) * 0.1, 0.0, 300, free)
    lines = strands.lines
    assert np.isfinite(lines).all()
    eyes = head.vertices[body.vertices["left_eye"], 1].mean()
    assert lines[:, 0, 1].min() > eyes - 0.15
    _, index = head.tree.query(lines[:, 1:].reshape(-1, 3))
    nearest = head.near[index]
    off = (lines[:, 1:].reshape(-1, 3) - head.vertices[nearest]) * head.normals[nearest]
    assert np.quantile(off.sum(axis=1), 0.05) > -0.01
    points, faces, facing, colours = strands.ribbons()
    assert faces.max() < len(points) == len(facing) == len(colours)


def test_nothing_grows_under_a_hat_that_covers_all_but_the_neck(head):
    free = np.zeros(head.body.vertices["body"].stop)
    low = head.body.mean[: len(free), 1] < head.body.eye_height - 0.03
    rng = np.random.default_rng(0)
    strands = hair.scalp_strands(rng, head, "short", np.ones(3) * 0.1, 0.0, 200, free + low)
    assert strands.lines[:, 0, 1].max() < head.vertices[head.body.crown, 1] - 0.1
