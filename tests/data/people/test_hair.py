import numpy as np
import pytest

from data.people import faces, hair
from data.people.body import load_body

BLACK = np.zeros(3)


@pytest.fixture(scope="module")
def head():
    body = load_body()
    vertices, _ = body.shape(body.coefficients[2])
    return hair.Head(body, vertices)


@pytest.mark.parametrize("style", [style for style, row in hair.STYLES.items() if row[2]])
def test_locks_stay_out_of_the_head_and_are_about_as_long_as_their_style_says(head, style):
    density = faces.scalp(load_body(), head.mean, 0.0)
    points, *_ = head.hair(np.random.default_rng(0), style, density, BLACK)
    lines = points.reshape(-1, hair.SEGMENTS + 1, 2, 3).mean(axis=2)
    assert len(lines) > hair.LOCKS / 2
    _, nearest = head.tree.query(lines[:, 1:].reshape(-1, 3))
    off = (lines[:, 1:].reshape(-1, 3) - head.vertices[nearest]) * head.normals[nearest]
    assert np.quantile(off.sum(axis=1), 0.03) > -0.01
    length = np.linalg.norm(np.diff(lines, axis=1), axis=2).sum(axis=1)
    assert 0.3 < np.median(length) / hair.STYLES[style][2] < 2


def test_long_hair_leaves_the_face_free(head):
    density = faces.scalp(load_body(), head.mean, 0.0)
    points, *_ = head.hair(np.random.default_rng(0), "long", density, BLACK)
    x, y, z = np.moveaxis(points - head.centre, -1, 0)
    on_face = (np.abs(x) < 0.05) & (y < 0) & (y > -0.1) & (z > 0.05)
    assert on_face.mean() < 0.005


def test_hair_grows_only_where_it_may(head):
    low = head.mean[:, 1] < load_body().eye_height
    density = faces.scalp(load_body(), head.mean, 0.0) * low
    points, *_ = head.hair(np.random.default_rng(0), "short", density, BLACK)
    roots = points.reshape(-1, hair.SEGMENTS + 1, 2, 3)[:, 0]
    assert roots[..., 1].max() < head.centre[1] + 0.03


def test_ribbons_are_as_broad_as_told_and_their_normals_face_away_from_the_head(head):
    line = head.centre + np.stack([0.2 * np.cos([0, 0.1, 0.2]), np.zeros(3), [0, 0.02, 0.04]], 1)
    points, triangles, normals, colours = head.ribbons(
        np.random.default_rng(0), line[None], 0.01, np.full(3, 0.5)
    )
    breadth = np.linalg.norm(points[0] - points[1])
    assert 0.0069 < breadth < 0.0131
    assert triangles.shape == (4, 3) and triangles.max() == 5
    assert (((points - head.centre) * normals).sum(axis=1) > 0).all()
    assert colours.shape == points.shape
