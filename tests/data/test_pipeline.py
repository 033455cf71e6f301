from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from annotated_layouts import write_json_video, write_youtube_pose, youtube_video
from published_layout import standing_person, write_video

from data.augment import Augmentation
from data.pipeline import Pairs, make_dataset
from data.puppets import write_puppets
from data.videos import Video, read_published, read_videos
from posewarp.errors import DataError
from posewarp.networks import ModelConfig
from posewarp.skeleton import FULL_BODY, SKELETONS, UPPER_BODY, Skeleton
from posewarp.volumes import network_inputs

CONFIG = ModelConfig(FULL_BODY, image_size=64)


@pytest.fixture(scope="module")
def videos(published_data):
    return read_published(published_data, "train")


def test_examples_are_drawn_alike_on_every_machine(videos):
    pairs = Pairs(videos, CONFIG, seed=7, augment=True)
    drawn = [pairs.draw(index) for index in (0, 1, 2**40)]
    assert [pair for *pair, _ in drawn] == [[1, 1, 2], [1, 2, 1], [1, 0, 1]]
    augmentations = [augmentation for *_, augmentation in drawn]
    assert [a.flip for a in augmentations] == [False, True, True]
    assert [a.shift for a in augmentations] == [(4, -5), (-4, 0), (3, -1)]
    assert [a.scale for a in augmentations] == pytest.approx([0.9337811, 0.9239933, 1.0252353])


@pytest.mark.parametrize("threads", [1, 16])
def test_batches_come_in_the_order_of_their_examples_with_any_number_of_threads(videos, threads):
    pairs = Pairs(videos, CONFIG, seed=7, augment=True)
    options = tf.data.Options()
    options.threading.private_threadpool_size = threads
    dataset = make_dataset(pairs, 2, first_batch=3, batches=8).with_options(options)
    for number, (inputs, target) in enumerate(dataset, start=3):
        examples = [pairs.example(index) for index in (2 * number, 2 * number + 1)]
        for found, field in ((inputs["source_image"], "source_image"), (target, "target_image")):
            expected = np.stack([getattr(example, field) for example in examples])
            # XLA rounds otherwise than NumPy.
            np.testing.assert_allclose(found, expected, atol=1e-6)


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
    with pytest.raises(DataError, match=r"\.jpg: cannot be read: No such"), pairs.errors_raised():
        next(iter(make_dataset(pairs, 1)))


ROOT = Path(__file__).parents[2]


def youtube_pose(root):
    return "youtube_pose", write_youtube_pose(root, [youtube_video("a"), youtube_video("b", 1)])


def puppets(root):
    write_puppets(root, videos=1, test_videos=0, frames=4, size=64)
    return "published", root


def json_of_full_body(root):
    write_json_video(root)
    return "json", root


@pytest.mark.parametrize("write", [youtube_pose, puppets, json_of_full_body])
def test_an_upper_body_model_gets_batches_from_every_layout(write, tmp_path):
    assert_batches(*write(tmp_path), UPPER_BODY)


def test_an_upper_body_model_gets_batches_from_the_tennis_video(shared):
    assert_batches("published", shared / "data" / "tennis", UPPER_BODY)


def test_a_coco_model_gets_batches_from_json(tmp_path):
    skeleton = Skeleton.load(ROOT / "configs" / "skeletons" / "coco17.json")
    published = dict(zip(FULL_BODY.joints, np.moveaxis(standing_person(3), 1, 0), strict=True))
    face = published["head"] + [0, 15]
    joints = np.stack([published.get(name, face) for name in skeleton.joints], axis=1)
    joints[1, skeleton.joints.index("left_ear")] = np.nan
    write_json_video(tmp_path, joints=joints, names=skeleton.joints)
    assert_batches("json", tmp_path, skeleton)


def assert_batches(dataset, root, skeleton):
    config = ModelConfig(skeleton, image_size=64)
    pairs = Pairs(read_videos(dataset, root, "train"), config, augment=True)
    with pairs.errors_raised():
        inputs, target = next(iter(make_dataset(pairs, 2)))
    assert inputs["source_volume"].shape == (2, 32, 32, len(skeleton.joints))
    assert inputs["transforms"].shape == (2, 2, 3, len(skeleton.limbs) + 1)
    assert (np.max(inputs["source_volume"], axis=(1, 2)) > 0.5).any()
    assert all(np.isfinite(tensor).all() for tensor in (*inputs.values(), target))


def test_a_joint_outside_its_frame_is_missing(tmp_path):
    joints = standing_person(3)
    wrist = FULL_BODY.joints.index("left_wrist")
    joints[0, wrist] = (321, 120)
    joints[1, wrist] = (319.4, 120)
    write_video(tmp_path, joints=joints)
    pairs = Pairs(read_published(tmp_path, "train"), CONFIG)
    example = pairs.make(0, 0, 1, Augmentation())
    assert np.isnan(example.source_joints[wrist]).all()
    assert np.isfinite(np.delete(example.source_joints, wrist, axis=0)).all()
    assert np.isfinite(example.target_joints).all()
    inputs = network_inputs(
        example.source_image[None], example.source_joints[None], example.target_joints[None],
        FULL_BODY, 64,
    )  # fmt: skip
    limb = [limb.name for limb in FULL_BODY.limbs].index("left_lower_arm")
    assert not np.any(inputs["source_volume"][..., wrist])
    np.testing.assert_allclose(inputs["mask_prior"][..., limb + 1], np.log(1e-10), rtol=1e-5)
    np.testing.assert_array_equal(inputs["transforms"][0, ..., limb + 1], np.eye(2, 3))


def test_frames_that_show_too_little_are_left_out_and_counted(tmp_path):
    joints = standing_person(6)
    joints[1] = np.nan
    joints[4, 1:] = np.nan  # a head alone is no limb
    write_video(tmp_path, "some", frames=6, joints=joints)
    write_video(tmp_path, "none", frames=2, joints=np.full((2, 14, 2), np.nan))
    joints = standing_person(3)
    joints[1:] = np.nan
    write_video(tmp_path, "one", frames=3, joints=joints)
    pairs = Pairs(read_published(tmp_path, "train"), CONFIG)
    assert pairs.left_out == 2 + 2 + 3
    assert [video.name for video in pairs.videos] == ["some"]
    assert [path.name for path in pairs.videos[0].frames] == ["1.jpg", "3.jpg", "4.jpg", "6.jpg"]
    assert {pairs.draw(index)[1] for index in range(100)} == {0, 1, 2, 3}
    assert np.isfinite(pairs.example(0).source_joints).all()


def test_nothing_is_left_out_of_a_whole_annotation(videos):
    pairs = Pairs(videos, CONFIG)
    assert pairs.left_out == 0
    assert [video.frames for video in pairs.videos] == [video.frames for video in videos]


def test_videos_without_a_usable_frame_are_refused(tmp_path):
    write_video(tmp_path, joints=np.full((3, 14, 2), np.nan))
    with pytest.raises(DataError, match=r"none of the 3 frames .* full_body .*walk.1\.jpg"):
        Pairs(read_published(tmp_path, "train"), CONFIG)


def test_examples_for_a_figure_go_through_the_videos_in_turn(videos):
    pairs = Pairs(videos, CONFIG, seed=3)
    indices = pairs.one_per_video(5)
    assert [pairs.draw(index)[0] for index in indices] == [0, 1, 0, 1, 0]
    assert len(set(indices)) == 5
