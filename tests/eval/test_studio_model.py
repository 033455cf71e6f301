import numpy as np
import pytest

pytest.importorskip("PIL")

from eval.rig import template
from eval.studio_model import PANELS, Photos, StudioModel
from posewarp.errors import DataError
from posewarp.networks import ModelConfig, PlainUNet
from posewarp.skeleton import FULL_BODY, Limb, SizeMeasure, Skeleton
from posewarp.transfer import PoseTransfer


@pytest.fixture(scope="module")
def photo():
    return np.random.default_rng(0).integers(0, 255, (200, 160, 3), "uint8")


@pytest.fixture(scope="module")
def model(transfer_model):
    return StudioModel(transfer_model, None)


def test_the_longest_unused_photos_are_dropped(photo):
    photos = Photos(most_bytes=2 * photo.nbytes)
    photos.add("first", photo)
    photos.add("second", photo)
    assert photos.get("first") is not None
    photos.add("third", photo)
    left = [name for name in ("first", "second", "third") if photos.get(name) is not None]
    assert left == ["first", "third"]


def test_a_pose_is_missing_where_either_coordinate_is(model):
    joints = model.pose([None, [float("nan"), 3], *[[1, 2]] * 12])
    assert np.isnan(joints[:2]).all() and (joints[2:] == (1, 2)).all()
    with pytest.raises(DataError, match="expected a pose of 14 joints"):
        model.pose([[float("inf"), 0]] * 14)


def test_panels_begin_with_the_crop_and_end_with_the_networks_image(model, transfer_model, photo):
    pose = 150 * template(FULL_BODY) + (80, 20)
    moved = pose + (5, 0)
    panels = np.split(model.panels(photo, pose, moved, None), len(PANELS), axis=1)
    made = transfer_model.transfer(photo, pose, moved)["crop"]
    np.testing.assert_allclose(panels[-1].astype(int), made, atol=1)
    assert panels[0].std() > 10
    with pytest.raises(DataError, match="size cannot be measured"):
        model.panels(photo, *[np.where(np.arange(14)[:, None] < 8, pose, np.nan)] * 2, None)


def test_a_network_without_modules_has_no_panels(photo):
    model = StudioModel(PoseTransfer(PlainUNet(ModelConfig(image_size=64, width=0.05))), None)
    model.warm_up()
    assert model.describe()["panels"] == []
    pose = 150 * template(FULL_BODY) + (80, 20)
    with pytest.raises(DataError, match="no modules"):
        model.panels(photo, pose, pose, None)
    assert model.paint(photo, pose, pose, None).shape == photo.shape


def test_a_skeleton_that_cannot_be_measured_when_it_stands_does_no_harm():
    fish = Skeleton(
        "fish",
        ("fin", "tail"),
        (Limb("back", (("fin",), ("tail",))),),
        (),
        (SizeMeasure(1.0, (("fin", "tail"),), along="y"),),
    )
    config = ModelConfig(fish, image_size=64, width=0.05)
    model = StudioModel(PoseTransfer(PlainUNet(config)), None)
    model.warm_up()
    assert model.describe()["hangs_on"] == [[], [0]]
