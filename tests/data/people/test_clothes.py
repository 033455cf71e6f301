import numpy as np
import pytest
import scipy.spatial

from data.people.body import load_body
from data.people.clothes import Garment
from data.people.wardrobe import sample_headwear, sample_outfit

BODY = load_body()
REST, _ = BODY.shape(BODY.coefficients[5])


def dressed(seed, woman):
    rng = np.random.default_rng(seed)
    cuts = sample_outfit(rng, woman)
    return [Garment(rng, BODY, REST, cut, cuts[i + 1 :], 1, 16) for i, cut in enumerate(cuts)]


@pytest.mark.parametrize("woman", [False, True])
def test_every_outfit_covers_chest_hips_and_feet(woman):
    p = BODY.places["tights"]
    y, trunk = p.mean[:, 1], p.arm < 0.1
    for seed in range(40):
        cuts = sample_outfit(np.random.default_rng(seed), woman)
        cover = np.max([cut.keep(p) for cut in cuts if cut.group == "tights"], axis=0)
        assert (cover[(y > 1.0) & (y < 1.2) & trunk] > 0).all() and (cover[y < 0.03] > 0).all()
        hips = (y > 0.80) & (y < 0.95) & trunk
        assert (cover[hips] > 0).all() or any(cut.name == "skirt" for cut in cuts)


def test_cloth_lies_off_the_skin_and_its_normals_point_outwards():
    tree = scipy.spatial.cKDTree(REST[BODY.vertices["body"]])
    for seed in range(4):
        for garment in dressed(seed, woman=seed % 2 == 0):
            mesh = garment.put_on(REST)
            assert np.isfinite(mesh.points).all() and np.isfinite(mesh.normals).all()
            assert mesh.faces.max() < len(mesh.points) == len(mesh.normals) == len(mesh.texcoords)
            assert mesh.texcoords.min() >= 0 and mesh.texcoords.max() <= 1
            assert tree.query(mesh.points)[0].max() < 0.2
            first, second, third = mesh.points[mesh.faces].swapaxes(0, 1)
            facing = np.cross(second - first, third - first) * mesh.normals[mesh.faces[:, 0]]
            assert (facing.sum(axis=1) >= 0).mean() > 0.97


def test_cloth_folds_where_a_pose_makes_it_shorter():
    shirt = next(g for g in dressed(3, woman=False) if g.cut.name == "shirt")
    rest, shorter = (
        scipy.spatial.cKDTree(posed[shirt.part]).query(shirt.put_on(posed).points)[0].std()
        for posed in (REST, REST * np.float32([1, 0.8, 1]))
    )
    assert shorter > rest


def test_headwear_covers_the_crown_and_leaves_the_eyes_free():
    rngs = [np.random.default_rng(seed) for seed in range(60)]
    found = [sample_headwear(rng, True, BODY.eye_height) for rng in rngs]
    assert {cut.name for cuts in found for cut in cuts} == {"hat", "headscarf"} and [] in found
    skin = BODY.places["body"]
    eye = BODY.places["left_eye"].mean.max(axis=0)
    near_eye = (np.abs(skin.mean - eye) < 0.010).all(axis=1)
    assert near_eye.any()
    for keep in (cut.keep(skin) for cuts in found for cut in cuts):
        assert keep[BODY.crown] > 0.02 and (keep[near_eye] < 0).all()
