import numpy as np
import pytest

from data.people.person import Person
from data.people.poses import place, sample_pose
from data.people.rendering import Stage, View

DARK = np.full((8, 16, 3), 0.5)


@pytest.fixture(scope="module")
def people():
    return [Person(np.random.default_rng(seed), size=32) for seed in range(4)]


def posed(person, seed=0, upper=False):
    pose = sample_pose(np.random.default_rng(seed), upper)
    return pose, *person.meshes(pose)


def test_everyone_is_dressed_down_to_the_shoes(people):
    for person in people:
        names = {garment.cut.name for garment in person.garments}
        assert {"shirt", "shoes"} <= names
        assert names & {"trousers", "skirt"}
        # No skin shows where the body is covered: the trunk's faces are left out.
        body = person.body
        skin = body.mean[body.vertices["body"]]
        belly = (skin[:, 1] > 1.1) & (skin[:, 1] < 1.2) & (np.abs(skin[:, 0]) < 0.1)
        assert person.hidden[belly].mean() > 0.9


def test_meshes_are_sound_and_clothes_lie_around_the_body(people):
    for person in people:
        pose, meshes, _ = posed(person)
        for mesh in meshes:
            assert np.isfinite(mesh.points).all()
            assert mesh.faces.min() >= 0 and mesh.faces.max() < len(mesh.points)
            assert mesh.normals is None or np.isfinite(mesh.normals).all()
            if mesh.texcoords is not None:
                assert mesh.texcoords.min() >= 0 and mesh.texcoords.max() <= 1
        placed = place(person.body, person.heads, pose)
        body = person.body.skin(person.rest, person.heads, placed)
        for garment in person.garments:
            points, _, _ = garment.put_on(body)
            assert (points.min(axis=0) > body.min(axis=0) - 0.15).all()
            assert (points.max(axis=0) < body.max(axis=0) + 0.15).all()


def test_joints_lie_on_the_rendered_person(people):
    view = View(np.array([0, 1.1, 5.0]), np.array([0, 0.9, 0]), 30)
    size = 96
    stage = Stage([], DARK, view, size)
    for seed, person in enumerate(people):
        _, meshes, joints = posed(person, seed)
        mask = stage.cover(meshes) > 0
        seen, _ = view.project(joints)
        column, row = np.floor(seen * size).astype(int).T
        around = np.stack(
            [mask[row + down, column + right] for down in (-1, 0, 1) for right in (-1, 0, 1)]
        )
        assert around.any(axis=0).all()
        assert 0.02 < mask.mean() < 0.4
