import numpy as np
import pytest

from data.people.person import Person
from data.people.poses import sample_pose
from data.people.rendering import Stage, View


@pytest.fixture(scope="module")
def people():
    return [Person(np.random.default_rng(seed), size=32) for seed in range(4)]


def test_everyone_is_dressed_down_to_the_shoes(people):
    for person in people:
        names = {garment.cut.name for garment, _ in person.garments}
        assert {"shirt", "shoes"} <= names
        assert names & {"trousers", "skirt"}


def test_skin_is_left_out_below_clothes_and_never_on_face_and_fingers(people):
    for person in people:
        body = person.body
        skin = body.vertices["body"]
        x, y, _ = np.abs(body.mean[skin].T)
        assert person.hidden[(y > 1.1) & (y < 1.2) & (x < 0.1)].mean() > 0.9
        assert not person.hidden[body.masks["lips"][skin] > 0.5].any()
        assert not person.hidden[(body.arm[skin] > 0.5) & (body.along_arm[skin] > 2.2)].any()


def test_meshes_are_sound_and_around_the_body(people):
    for person in people:
        meshes, joints = person.meshes(sample_pose(np.random.default_rng(0), False))
        for mesh in meshes:
            assert np.isfinite(mesh.points).all() and np.isfinite(mesh.normals).all()
            assert mesh.faces.min() >= 0 and mesh.faces.max() < len(mesh.points)
            assert mesh.colours is None or (mesh.colours.min() >= 0 and mesh.colours.max() <= 1)
            assert (np.abs(mesh.points - joints.mean(axis=0)) < person.height).all()


def test_eyes_follow_the_gaze(people):
    person = people[0]
    pose = sample_pose(np.random.default_rng(0), True)
    pupils = []
    for aside in (-0.4, 0.4):
        pose["gaze"] = np.array([0.0, aside])
        meshes, _ = person.meshes(pose)
        eye = meshes[1]
        pupils.append(eye.points[eye.colours.max(axis=1) < 0.02].mean(axis=0))
    turned = np.linalg.norm(pupils[1] - pupils[0])
    assert 0.006 < turned < 0.02


def test_the_same_seed_makes_the_same_person():
    first, second = (Person(np.random.default_rng(9), size=32) for _ in range(2))
    pose = sample_pose(np.random.default_rng(0), True)
    for one, other in zip(first.meshes(pose)[0], second.meshes(pose)[0], strict=True):
        np.testing.assert_array_equal(one.points, other.points)


def test_joints_lie_on_the_rendered_person(people):
    view, size = View(np.array([0, 1.1, 5.0]), np.array([0, 0.9, 0]), 30), 96
    stage = Stage([], np.full((8, 16, 3), 0.5), view, size)
    for seed, person in enumerate(people):
        meshes, joints = person.meshes(sample_pose(np.random.default_rng(seed), False))
        mask = stage.render(meshes, (0, 0, size, size), 1, 0)[1] > 0
        seen, _ = view.project(joints)
        column, row = np.floor(seen * size).astype(int).T
        shifts = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
        around = np.stack([mask[row + down, column + right] for down, right in shifts])
        assert around.any(axis=0).all()
        assert 0.02 < mask.mean() < 0.4
