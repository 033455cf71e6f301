import numpy as np
import pytest

from data.people import faces, hair
from data.people.body import load_body

BODY = load_body()
HEAD = hair.Head(BODY, BODY.shape(BODY.coefficients[2])[0])
SCALP = faces.scalp(BODY, HEAD.mean, 0.0)


def grown(style, density=SCALP):
    return HEAD.hair(np.random.default_rng(0), style, density, np.zeros(3)).points


@pytest.mark.parametrize("style", [style for style, row in hair.STYLES.items() if row[2]])
def test_locks_stay_out_of_the_head_and_are_about_as_long_as_their_style_says(style):
    lines = grown(style).reshape(-1, hair.SEGMENTS + 1, 2, 3).mean(axis=2)
    assert len(lines) > hair.LOCKS / 2
    _, nearest = HEAD.tree.query(lines[:, 1:].reshape(-1, 3))
    off = (lines[:, 1:].reshape(-1, 3) - HEAD.vertices[nearest]) * HEAD.normals[nearest]
    assert np.quantile(off.sum(axis=1), 0.03) > -0.01
    length = np.linalg.norm(np.diff(lines, axis=1), axis=2).sum(axis=1)
    assert 0.3 < np.median(length) / hair.STYLES[style][2] < 2


def test_long_hair_leaves_the_face_free():
    x, y, z = (grown("long") - HEAD.centre).T
    assert ((np.abs(x) < 0.05) & (y < 0) & (y > -0.1) & (z > 0.05)).mean() < 0.005


def test_hair_grows_only_where_it_may():
    points = grown("short", SCALP * (HEAD.mean[:, 1] < BODY.eye_height))
    roots = points.reshape(-1, hair.SEGMENTS + 1, 2, 3)[:, 0]
    assert roots[..., 1].max() < HEAD.centre[1] + 0.03


def test_ribbons_are_as_broad_as_told_and_their_normals_face_away_from_the_head():
    line = HEAD.centre + np.stack([0.2 * np.cos([0, 0.1, 0.2]), np.zeros(3), [0, 0.02, 0.04]], 1)
    mesh = HEAD.ribbons(np.random.default_rng(0), line[None], 0.01, np.full(3, 0.5))
    assert 0.0069 < np.linalg.norm(mesh.points[0] - mesh.points[1]) < 0.0131
    assert (((mesh.points - HEAD.centre) * mesh.normals).sum(axis=1) > 0).all()
