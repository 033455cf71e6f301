import numpy as np
import pytest
import scipy.spatial

from data.people.body import load_body
from data.people.clothes import Garment, places_of
from data.people.wardrobe import layered, sample_headwear, sample_outfit


@pytest.fixture(scope="module")
def wearer():
    body = load_body()
    vertices, heads = body.shape(body.coefficients[5])
    groups = ("tights", "skirt", "body")
    return body, vertices, {name: places_of(body, vertices, heads, name) for name in groups}


def dressed(wearer, seed, woman):
    body, _, places = wearer
    rng = np.random.default_rng(seed)
    cuts = layered(sample_outfit(rng, woman))
    return [Garment(body, cut, places[cut.group], 1, rng) for cut in cuts]


@pytest.mark.parametrize("woman", [False, True])
def test_every_outfit_covers_chest_hips_and_feet(wearer, woman):
    _, _, places = wearer
    p = places["tights"]
    for seed in range(40):
        cuts = sample_outfit(np.random.default_rng(seed), woman)
        cover = np.max([cut.keep(p) for cut in cuts if cut.group == "tights"], axis=0)
        y = p.mean[:, 1]
        assert (cover[(y > 1.0) & (y < 1.2) & (p.arm < 0.1)] > 0).all()
        assert (cover[y < 0.03] > 0).all()
        hips = (y > 0.80) & (y < 0.95) & (p.arm < 0.1)
        assert (cover[hips] > 0).all() or any(cut.name == "skirt" for cut in cuts)


def test_cloth_lies_off_the_skin_and_its_normals_point_outwards(wearer):
    body, vertices, _ = wearer
    tree = scipy.spatial.cKDTree(vertices[body.vertices["body"]])
    for seed in range(4):
        for garment in dressed(wearer, seed, woman=seed % 2 == 0):
            points, outwards, texcoords = garment.put_on(vertices)
            assert np.isfinite(points).all() and np.isfinite(outwards).all()
            assert garment.mesh_faces.max() < len(points) == len(outwards) == len(texcoords)
            assert texcoords.min() >= 0 and texcoords.max() <= 1
            assert tree.query(points)[0].max() < 0.2
            first, second, third = points[garment.mesh_faces].swapaxes(0, 1)
            facing = np.cross(second - first, third - first)
            assert ((facing * outwards[garment.mesh_faces[:, 0]]).sum(axis=1) >= 0).mean() > 0.97


def test_cloth_folds_where_a_pose_makes_it_shorter(wearer):
    _, vertices, _ = wearer
    shirt = next(g for g in dressed(wearer, 3, woman=False) if g.cut.name == "shirt")
    shorter = vertices * np.float32([1, 0.8, 1])
    gone = []
    for posed in (vertices, shorter):
        smooth, (points, _, _) = posed[shirt.part], shirt.put_on(posed)
        gone.append(scipy.spatial.cKDTree(smooth).query(points)[0].std())
    assert gone[1] > gone[0]


def test_textures_have_colours_of_cloth(wearer):
    for garment in dressed(wearer, 0, woman=True):
        colours, heights = garment.texture(16)
        assert colours.shape == (32, 64, 3) and heights.shape == (32, 64)
        assert colours.min() > 0 and colours.max() <= 1


def test_headwear_covers_the_crown_and_leaves_the_eyes_free(wearer):
    body, _, places = wearer
    rngs = [np.random.default_rng(seed) for seed in range(60)]
    found = [sample_headwear(rng, True, body.eye_height) for rng in rngs]
    assert {getattr(cut, "name", None) for cut in found} == {None, "hat", "headscarf"}
    skin = places["body"].mean
    eye = body.mean[body.vertices["left_eye"]].max(axis=0)
    near_eye = (np.abs(skin - eye) < 0.010).all(axis=1)
    assert near_eye.any()
    for cut in filter(None, found):
        keep = cut.keep(places["body"])
        assert keep[body.crown] > 0.02
        assert (keep[near_eye] < 0).all()
