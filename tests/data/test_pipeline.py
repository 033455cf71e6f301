from pathlib import Path

import cv2
import numpy as np
import pytest
import tensorflow as tf
from annotated_layouts import write_json_video
from published_layout import standing_person

from data.augment import Augmentation
from data.pairs import Pairs
from data.pipeline import collate, errors_raised, make_dataset
from data.videos import Video, read_videos
from posewarp.errors import DataError
from posewarp.networks import ModelConfig
from posewarp.skeleton import FULL_BODY, SKELETONS, Skeleton

ROOT = Path(__file__).parents[2]
CONFIG = ModelConfig(FULL_BODY, image_size=64)


@pytest.fixture(scope="module")
def videos(published_data):
    return read_videos(published_data, "train")


def test_examples_are_drawn_alike_on_every_machine(videos):
    pairs = Pairs(videos, CONFIG, seed=7, augment=True)
    drawn = [pairs.draw(index) for index in (0, 1, 2**40)]
    assert [pair for *pair, _ in drawn] == [[1, 1, 2], [1, 2, 1], [1, 0, 1]]
    augmentations = [augmentation for *_, augmentation in drawn]
    assert [a.flip for a in augmentations] == [False, True, True]
    assert [a.shift for a in augmentations] == [(4, -5), (-4, 0), (3, -1)]
    assert [a.scale for a in augmentations] == pytest.approx([0.9337811, 0.9239933, 1.0252353])


def test_examples_depend_on_seed_and_number_alone_with_any_number_of_threads(videos):
    def images(seed, first_batch, threads):
        options = tf.data.Options()
        options.threading.private_threadpool_size = threads
        pairs = Pairs(videos, CONFIG, seed, augment=True)
        dataset = make_dataset(pairs, 2, first_batch, batches=6).with_options(options)
        return np.array([(inputs["source_image"], target) for inputs, target in dataset])

    made = images(7, 3, threads=16)
    np.testing.assert_array_equal(images(7, 3, threads=1), made)
    np.testing.assert_array_equal(images(7, 5, threads=16)[:-2], made[2:])
    assert np.abs(images(8, 3, threads=16) - made).max() > 0.1
    pairs = Pairs(videos, CONFIG, seed=7, augment=True)
    for number, batch in enumerate(made, start=3):
        examples = [pairs.example(index) for index in (2 * number, 2 * number + 1)]
        for found, field in zip(batch, ("source_image", "target_image"), strict=True):
            expected = np.stack([getattr(example, field) for example in examples])
            # XLA rounds otherwise than NumPy.
            np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("name", SKELETONS)
def test_examples_of_the_tennis_video_equal_the_published_ones(shared, tennis, name, number):
    recorded = np.load(shared / "reference" / f"examples_{name}.npz")
    skeleton = SKELETONS[name]
    pairs = Pairs([tennis], ModelConfig(skeleton))
    # The recording measured and centred the person by the full body for both skeletons.
    pairs._sizes = [tennis.person_sizes(FULL_BODY)]
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
        squared = np.square((getattr(example, f"{role}_image") - image)[valid] / 2)
        assert -10 * np.log10(np.mean(squared)) > 33  # PSNR

    inputs = collate([example], pairs.config)
    np.testing.assert_allclose(inputs["transforms"][0], recorded[f"transforms_{number}"], atol=1e-3)
    for key in ("source_volume", "target_volume", "mask_prior"):
        found = np.array(inputs[key][0])
        if f"{key}_{number}" in recorded:
            expected = recorded[f"{key}_{number}"]
        else:
            found = found.ravel()[recorded[f"{key}_at_{number}"]]
            expected = recorded[f"{key}_values_{number}"]
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4, err_msg=key)


def test_frames_of_a_pair_are_more_than_two_percent_of_the_video_apart():
    joints = np.tile(np.arange(28.0).reshape(14, 2)[::-1] * 5, (200, 1, 1))
    video = Video("long", ("frame.jpg",) * 200, FULL_BODY.joints, joints)
    pairs = Pairs([video], CONFIG, seed=1)
    distances = [abs(np.subtract(*pairs.draw(index)[1:3])) for index in range(2000)]
    assert min(distances) == 5 and max(distances) > 180


def test_joints_follow_their_pixels_through_reduced_decoding(tmp_path):
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


def test_stretching_shows_the_whole_frame(videos):
    example = Pairs(videos, CONFIG, fit="stretch").make(0, 0, 1, Augmentation())
    expected = videos[0].joints[0] * [64 / 320, 64 / 300] + [0.1 - 0.5, 64 / 600 - 0.5]
    np.testing.assert_allclose(example.source_joints, expected, atol=1e-4)


def test_batches_of_any_skeleton_have_the_documented_keys_shapes_and_ranges(tmp_path):
    skeleton = Skeleton.load(ROOT / "configs" / "skeletons" / "coco17.json")
    joints = np.random.default_rng(0).uniform(50, 250, (3, 17, 2))
    joints[1, skeleton.joints.index("left_ear")] = np.nan
    write_json_video(tmp_path, joints=joints, names=skeleton.joints)
    config = ModelConfig(skeleton, image_size=64)
    pairs = Pairs(read_videos(tmp_path, "train"), config, augment=True)
    with errors_raised(pairs):
        inputs, target = next(iter(make_dataset(pairs, 2)))
    limbs = len(skeleton.limbs)
    assert {key: tuple(value.shape) for key, value in inputs.items()} == {
        "source_image": (2, 64, 64, 3),
        "source_volume": (2, 32, 32, 17),
        "target_volume": (2, 32, 32, 17),
        "mask_prior": (2, 64, 64, limbs + 1),
        "transforms": (2, 2, 3, limbs + 1),
    }
    assert target.shape == (2, 64, 64, 3)
    assert (np.max(inputs["source_volume"], axis=(1, 2)) > 0.5).any()
    for tensor in (*inputs.values(), target):
        assert tensor.dtype == tf.float32
        assert np.isfinite(tensor).all()
    assert -1.06 < np.min(target) < np.max(target) <= 1


def test_a_joint_outside_its_frame_is_missing(published_data):
    (video, _) = read_videos(published_data, "train")
    wrist = FULL_BODY.joints.index("left_wrist")
    video.joints[:2, wrist] = [(321, 120), (319.4, 120)]
    example = Pairs([video], CONFIG).make(0, 0, 1, Augmentation())
    assert np.flatnonzero(np.isnan(example.source_joints).any(axis=1)).tolist() == [wrist]
    assert np.isfinite(example.target_joints).all()


def test_frames_that_show_too_little_are_left_out_and_counted():
    some, one = standing_person(6), standing_person(3)
    some[0, 2:] = np.nan  # head and neck are one
    some[1] = np.nan
    some[4, 1:] = np.nan  # a head alone is no limb
    one[1:] = np.nan
    poses = {"some": some, "none": one[1:], "one": one}
    videos = [Video(name, (*range(len(p)),), FULL_BODY.joints, p) for name, p in poses.items()]
    pairs = Pairs(videos, CONFIG)
    assert pairs.left_out == 2 + 2 + 3
    (left,) = pairs.videos
    assert (left.name, left.frames) == ("some", (0, 2, 3, 5))
    assert {pairs.draw(index)[1] for index in range(100)} == {0, 1, 2, 3}


def test_a_video_without_a_pair_is_refused():
    video = Video("blink", ("1.jpg",), FULL_BODY.joints, np.zeros((1, 14, 2)))
    with pytest.raises(DataError, match="'blink'.*expected 2 frames or more, got 1"):
        Pairs([video], CONFIG)


def test_examples_for_a_figure_go_through_the_videos_in_turn(videos):
    pairs = Pairs(videos, CONFIG, seed=3)
    indices = pairs.one_per_video(5)
    assert [pairs.draw(index)[0] for index in indices] == [0, 1, 0, 1, 0]
    assert len(set(indices)) == 5
