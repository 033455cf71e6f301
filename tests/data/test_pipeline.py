import numpy as np
import pytest
import tensorflow as tf

from data.augment import Augmentation
from data.pipeline import Pairs, make_dataset
from data.videos import Video, read_published
from posewarp.errors import DataError
from posewarp.networks import ModelConfig
from posewarp.skeleton import FULL_BODY, SKELETONS, UPPER_BODY
from posewarp.volumes import network_inputs

CONFIG = ModelConfig(FULL_BODY, image_size=64)


@pytest.fixture(scope="module")
def videos(published_data):
    return read_published(published_data, "train")


def psnr(image, expected, where):
    return -10 * np.log10(np.mean(np.square((image - expected)[where] / 2)))


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("name", SKELETONS)
def test_examples_of_the_tennis_video_equal_the_published_ones(shared, name, number):
    recorded = np.load(shared / "reference" / f"examples_{name}.npz")
    skeleton = SKELETONS[name]
    pairs = Pairs(read_published(shared / "data" / "tennis", "train"), ModelConfig(skeleton))
    # The recording measured and centred the person by the full body for both skeletons.
    (video,) = read_published(shared / "data" / "tennis", "train")
    pairs._sizes = [video.person_sizes(FULL_BODY)]
    augmentation = Augmentation()
    if number >= 2:
        flip, scale, dx, dy, rotation, brightness = recorded["augmentations"][number - 2]
        augmentation = Augmentation(flip >= 0.5, scale, (dx, dy), rotation, brightness)
    example = pairs.make(0, *recorded["pairs"][number % 2], augmentation)

    for role in ("source", "target"):
        joints = getattr(example, f"{role}_joints")
        np.testing.assert_allclose(joints, recorded[f"{role}_joints_{number}"], atol=1e-3)
        image = recorded[f"{role}_image_{number}"][..., ::-1] / 127.5 - 1
        valid = np.unpackbits(recorded[f"{role}_valid_{number}"]).reshape(256, 256) > 0
        assert psnr(getattr(example, f"{role}_image"), image, valid) > 33

    inputs = network_inputs(
        example.source_image[None], example.source_joints[None], example.target_joints[None],
        skeleton, 256,
    )  # fmt: skip
    np.testing.assert_allclose(inputs["transforms"][0], recorded[f"transforms_{number}"], atol=1e-3)
    for key in ("source_volume", "target_volume", "mask_prior"):
        found = np.array(inputs[key][0])
        if f"{key}_{number}" in recorded:
            expected = recorded[f"{key}_{number}"]
        else:
            found = found.ravel()[recorded[f"{key}_at_{number}"]]
            expected = recorded[f"{key}_values_{number}"]
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4, err_msg=key)


def test_a_batch_has_the_documented_keys_shapes_and_ranges(videos):
    inputs, target = next(iter(make_dataset(Pairs(videos, CONFIG, augment=True), 2)))
    shapes = {key: tuple(value.shape) for key, value in inputs.items()}
    assert shapes == {
        "source_image": (2, 64, 64, 3),
        "source_volume": (2, 32, 32, 14),
        "target_volume": (2, 32, 32, 14),
        "mask_prior": (2, 64, 64, 11),
        "transforms": (2, 2, 3, 11),
    }
    assert target.shape == (2, 64, 64, 3)
    assert all(tensor.dtype == tf.float32 for tensor in (*inputs.values(), target))
    assert np.isfinite(target).all()
    assert -1.06 < np.min(target) < np.max(target) <= 1


def test_an_example_depends_on_seed_and_index_alone(videos):
    def images(seed, first_batch):
        dataset = make_dataset(Pairs(videos, CONFIG, seed, augment=True), 2, first_batch, 1)
        return np.array(next(iter(dataset))[1])

    np.testing.assert_array_equal(images(0, 3), images(0, 3))
    all_batches = list(make_dataset(Pairs(videos, CONFIG, 0, augment=True), 2, 0, 4))
    np.testing.assert_array_equal(images(0, 3), all_batches[3][1])
    assert np.abs(images(0, 3) - images(1, 3)).max() > 0.1


def test_frames_of_a_pair_are_more_than_two_percent_of_the_video_apart():
    joints = np.tile(np.arange(28.0).reshape(14, 2)[::-1] * 5, (200, 1, 1))
    video = Video("long", ("frame.jpg",) * 200, FULL_BODY.joints, joints)
    draws = [Pairs([video], CONFIG, seed=1).draw(index) for index in range(2000)]
    distances = [abs(source - target) for _, source, target, _ in draws]
    assert min(distances) == 5
    assert max(distances) > 180


def test_joints_follow_their_pixels_through_reduced_decoding(videos, tmp_path):
    import cv2

    y, x = np.mgrid[:1200, :1280]
    joints = np.array([[*np.random.default_rng(0).uniform(300, 900, (14, 2))]] * 2)
    joints[:, FULL_BODY.joints.index("head")] = (500, 400)
    joints[:, [8, 11], 1] = 900
    spot = 255 * np.exp(-((x - 500) ** 2 + (y - 400) ** 2) / (2 * 40**2))
    frames = [tmp_path / "1.png", tmp_path / "2.jpg"]
    for path in frames:
        cv2.imwrite(str(path), np.repeat(spot[..., None], 3, axis=2).astype("uint8"))
    pairs = Pairs([Video("spot", tuple(frames), FULL_BODY.joints, joints)], CONFIG)
    example = pairs.make(0, 0, 1, Augmentation())
    for role in ("source", "target"):
        weight = getattr(example, f"{role}_image")[..., 0] + 1
        y, x = np.mgrid[:64, :64]
        found = np.array([(weight * x).sum(), (weight * y).sum()]) / weight.sum()
        np.testing.assert_allclose(found, getattr(example, f"{role}_joints")[0], atol=0.1)


def test_an_upper_body_model_reads_full_body_annotations(videos):
    config = ModelConfig(UPPER_BODY, image_size=64)
    inputs, _ = next(iter(make_dataset(Pairs(videos, config), 1)))
    assert inputs["source_volume"].shape[-1] == 7


def test_stretching_shows_the_whole_frame(videos):
    example = Pairs(videos, CONFIG, fit="stretch").make(0, 0, 1, Augmentation())
    expected = videos[0].joints[0] * [64 / 320, 64 / 300] + [0.1 - 0.5, 64 / 600 - 0.5]
    np.testing.assert_allclose(example.source_joints, expected, atol=1e-4)


def test_a_video_too_short_is_named():
    video = Video("blink", ("1.jpg",), FULL_BODY.joints, np.zeros((1, 14, 2)))
    with pytest.raises(DataError, match="'blink'.*expected 2 frames or more, got 1"):
        Pairs([video], CONFIG)


def test_a_frame_that_vanishes_is_named(videos, tmp_path):
    absent = tuple(tmp_path / path.name for path in videos[0].frames)
    pairs = Pairs([Video("gone", absent, FULL_BODY.joints, videos[0].joints)], CONFIG)
    with pytest.raises(DataError, match=r"\.jpg: no such file"), pairs.errors_raised():
        next(iter(make_dataset(pairs, 1)))
