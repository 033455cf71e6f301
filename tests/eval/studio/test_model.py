import numpy as np
import pytest

pytest.importorskip("PIL")

from eval.studio.model import PANELS, Photos, StudioModel
from eval.studio.rig import template
from posewarp.errors import DataError
from posewarp.networks import ModelConfig, PlainUNet
from posewarp.skeleton import FULL_BODY, Limb, SizeMeasure, Skeleton
from posewarp.transfer import PoseTransfer

PHOTO = np.random.default_rng(0).integers(0, 255, (200, 160, 3), "uint8")
POSE = 150 * template(FULL_BODY) + (80, 20)


@pytest.fixture(scope="module")
def studio(transfer_model):
    return StudioModel(transfer_model, None)


def test_the_longest_unused_photos_are_dropped():
    photos = Photos(most_bytes=2 * PHOTO.nbytes)
    names = ("first", "second", "third")
    for name in names:
        photos.add(name, PHOTO)
        assert photos.get("first") is not None
    assert [photos.get(name) is not None for name in names] == [True, False, True]


def test_a_pose_is_missing_where_either_coordinate_is(studio):
    joints = studio.pose([None, [float("nan"), 3], *[[1, 2]] * 12])
    assert np.isnan(joints[:2]).all() and (joints[2:] == (1, 2)).all()


def test_panels_begin_with_the_crop_and_end_with_the_networks_image(studio, transfer_model):
    moved = POSE + (5, 0)
    panels = np.split(studio.panels(PHOTO, POSE, moved, None), len(PANELS), axis=1)
    made = transfer_model.transfer(PHOTO, POSE, moved)["crop"]
    np.testing.assert_allclose(panels[-1].astype(int), made, atol=1)
    assert panels[0].std() > 10
    assert all(panel.std() > 0 for panel in panels)
    upper = np.where(np.arange(14)[:, None] < 8, POSE, np.nan)
    with pytest.raises(DataError, match="size cannot be measured"):
        studio.panels(PHOTO, upper, upper, None)


def test_a_network_without_modules_and_a_skeleton_that_cannot_be_measured_do_no_harm():
    back = Limb("back", (("fin",), ("tail",)))
    length = SizeMeasure(1.0, (("fin", "tail"),), along="y")
    fish = Skeleton("fish", ("fin", "tail"), (back,), (), (length,))
    network = PlainUNet(ModelConfig(fish, image_size=64, width=0.05))
    studio = StudioModel(PoseTransfer(network), None)
    studio.warm_up()
    described = studio.describe()
    assert described["hangs_on"] == [[], [0]] and described["panels"] == []
    pose = np.array([[80, 150], [80, 50]])
    with pytest.raises(DataError, match="no modules"):
        studio.panels(PHOTO, pose, pose, None)
    assert studio.paint(PHOTO, pose, pose, None).shape == PHOTO.shape
