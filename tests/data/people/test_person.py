import numpy as np
import pytest

from data.people.motion import sample_pose
from data.people.person import Person
from data.people.rendering import Stage, View


@pytest.fixture(scope="module")
def people():
    return [Person(np.random.default_rng(seed), size=32) for seed in range(4)]


def test_everyone_is_dressed_down_to_the_shoes_and_only_covered_skin_is_left_out(people):
    for person in people:
        names = {garment.cut.name for garment in person.garments}
        assert {"shirt", "shoes"} <= names and names & {"trousers", "skirt"}
        skin = person.body.places["body"]
        chest = (skin.mean[:, 1] > 1.1) & (skin.mean[:, 1] < 1.2) & (skin.across < 0.1)
        assert person.hidden[chest].mean() > 0.9
        assert not person.hidden[person.body.masks["lips"] > 0.5].any()
        assert not person.hidden[(skin.arm > 0.5) & (skin.along_arm > 2.2)].any()


def test_eyes_follow_the_gaze(people):
    pose, pupils = sample_pose(np.random.default_rng(0), True), []
    for aside in (-0.4, 0.4):
        pose["gaze"] = np.array([0.0, aside])
        eye = people[0].meshes(pose)[1]
        pupils.append(eye.points[eye.colours.max(axis=1) < 0.02].mean(axis=0))
    assert 0.006 < np.linalg.norm(pupils[1] - pupils[0]) < 0.02


def test_meshes_are_sound_and_joints_lie_on_them(people):
    view, size = View(np.array([0, 1.1, 5.0]), np.array([0, 0.9, 0]), 30), 96
    stage = Stage([], np.full((8, 16, 3), 0.5), view, size)
    for seed, person in enumerate(people):
        pose = sample_pose(np.random.default_rng(seed), False)
        meshes, joints = person.meshes(pose), person.joints(pose)
        for mesh in meshes:
            assert np.isfinite(mesh.points).all() and np.isfinite(mesh.normals).all()
            assert mesh.faces.min() >= 0 and mesh.faces.max() < len(mesh.points)
            assert mesh.colours is None or (mesh.colours.min() >= 0 and mesh.colours.max() <= 1)
            assert (np.abs(mesh.points - joints.mean(axis=0)) < 2).all()
        mask = stage.render(meshes, (0, 0, size, size), 1, 0)[1] > 0
        column, row = np.floor(view.project(joints) * size).astype(int).T
        shifts = np.array(list(np.ndindex(3, 3))) - 1
        around = np.stack([mask[row + down, column + right] for down, right in shifts])
        assert around.any(axis=0).all()
        assert 0.02 < mask.mean() < 0.4
