import dataclasses
from pathlib import Path

import cv2
import keras
import numpy as np
import pytest
from published_layout import standing_person

from data.annotated_video import Video
from data.augment import Augmentation, crop_affine
from data.pairs import Pairs
from posewarp.crops import person_crop
from posewarp.errors import DataError, ModelError
from posewarp.networks import Generator, ModelConfig, PlainUNet
from posewarp.saving import save_network
from posewarp.skeleton import FULL_BODY, UPPER_BODY
from posewarp.transfer import PoseTransfer
from posewarp.volumes import network_inputs

SIZE = 64
CONFIG = ModelConfig(FULL_BODY, SIZE, width=0.1)
MARK = (255, 0, 255)
JOINT = {name: index for index, name in enumerate(FULL_BODY.joints)}


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    return PoseTransfer(Generator(CONFIG))


def photo(height=300, width=320):
    """Smooth and colourful, so that where it is sampled can be told from its values."""
    y, x = np.mgrid[:height, :width] * 320 / width
    waves = [np.sin(x / 17), np.cos(y / 23), np.sin((x + 2 * y) / 31)]
    return np.rint(127.5 + 120 * np.stack(waves, axis=-1)).astype("uint8")


def poses(shift=20, scale=1.0):
    """A person of 200 px and the same one a few steps on, one of them with bent arms."""
    source, target = standing_person(2) + [[[0, 0]], [[shift, 0]]]
    target[JOINT["right_wrist"]] += [-20, -60]
    return source * scale, target * scale


SOURCE, TARGET = poses()
NAMED = dict(zip(FULL_BODY.joints, SOURCE.tolist(), strict=True))
ARMS = [name in ("neck", "right_shoulder", "right_elbow") for name in FULL_BODY.joints]
INFINITE = np.concatenate([[[np.inf, 0]], TARGET[1:]])
ONLY_ARMS = np.where(np.array(ARMS)[:, None], SOURCE, np.nan)


class Spy:
    """In a generator's place: gives a known picture, and keeps what it was given."""

    def __init__(self, picture):
        self.config = CONFIG
        self.picture = picture

    def __call__(self, inputs, training):
        self.given = {name: np.array(value) for name, value in inputs.items()}
        return self.picture(inputs["source_image"])


def spy(picture):
    model = PoseTransfer(Spy(picture))
    model.compile(run_eagerly=True)
    return model


@pytest.mark.parametrize(
    ("scale", "shift"),
    [(0.125, 20), (0.25, 20), (0.5, 20), (1.0, 20), (1.0, 140), (3.0, 20)],
    ids=["enlarged", "reduced", "by over 2", "by over 4", "at the border", "by over 8"],
)
def test_the_network_reads_what_the_training_pipeline_gives(tmp_path, scale, shift):
    source, target = poses(shift, scale)
    source[JOINT["left_knee"]] = np.nan
    # Multiples of 8: OpenCV stretches other sizes when it decodes a PNG at a reduced size.
    image = photo(int(304 * scale), int(320 * scale))
    path = tmp_path / "frame.png"
    cv2.imwrite(str(path), image[..., ::-1])
    video = Video("pair", (path, path), FULL_BODY.joints, np.stack([source, target]))
    example = Pairs([video], CONFIG).make(0, 0, 1, Augmentation())
    model = spy(lambda image: image)
    model.transfer(image, source, target)
    tensors = (value[None].astype("float32") for value in dataclasses.astuple(example)[:3])
    expected = network_inputs(*tensors, FULL_BODY, SIZE)
    given = model.generator.given
    error = np.abs(given.pop("source_image") - expected.pop("source_image")) * 127.5
    assert error.max() < 2
    for name, value in expected.items():
        np.testing.assert_allclose(given[name], value, atol=2e-3, rtol=1e-3, err_msg=name)


@pytest.mark.parametrize("missing", [(), ("head",), ("head", "right_ankle", "left_ankle")])
@pytest.mark.parametrize("skeleton", [FULL_BODY, UPPER_BODY], ids=lambda skeleton: skeleton.name)
def test_the_crop_is_that_of_a_video_of_the_two_frames(skeleton, missing):
    joints = np.stack([SOURCE, TARGET * [1.2, 0.9] + 7])
    joints[1, [JOINT[name] for name in missing]] = np.nan
    joints = joints[:, [JOINT[name] for name in skeleton.joints]]
    video = Video("pair", (), skeleton.joints, joints)
    size, center = video.person_sizes(skeleton).max(), video.person_centers().mean(axis=0)
    expected = crop_affine(size, center, SIZE)
    # The other way round in the batch's second item: the pair has no order.
    crops = person_crop(joints, joints[::-1], skeleton, SIZE)
    np.testing.assert_allclose(np.array(crops), [expected, expected], rtol=1e-5)


@pytest.mark.parametrize(("scale", "to_border"), [(0.1, False), (1.0, False), (4.0, True)])
def test_the_crop_is_pasted_where_it_was_cut_and_nothing_else_changes(scale, to_border):
    source, target = poses(130 if to_border else 20, scale)
    image = photo(int(300 * scale), int(320 * scale)) // 2
    # What the network gives has a square of another colour about the head.
    crop = np.array(person_crop(source[None], target[None], FULL_BODY, SIZE))[0]
    column, row = np.rint(crop[:, :2] @ target[0] + crop[:, 2]).astype(int)

    def marked(image):
        square = np.zeros((SIZE, SIZE, 1), "float32")
        square[row - 4 : row + 5, column - 4 : column + 5] = 1
        return image * (1 - square) + square * (np.array(MARK, "float32") / 127.5 - 1)

    result = spy(marked).transfer(image, source, target)["photo"]
    inverse = cv2.invertAffineTransform(crop)
    x, y = np.arange(image.shape[1]), np.arange(image.shape[0])[:, None]
    (left, right), (top, bottom) = inverse[:, :2] @ ([[0, SIZE - 1]] * 2) + inverse[:, 2:]
    outside = (x <= left) | (x >= right) | (y <= top) | (y >= bottom)
    assert outside.any() and not outside.all()
    np.testing.assert_array_equal(result[outside], image[outside])

    found = np.argwhere(np.abs(result.astype(int) - MARK).max(axis=-1) < 60)
    center = inverse[:, :2] @ [column, row] + inverse[:, 2]
    np.testing.assert_allclose(found.mean(axis=0)[::-1], center, atol=1)
    # Nine pixels of the crop, but for what blends with their neighbours.
    side = 9 / crop[0, 0]
    assert len(found) == pytest.approx(side**2, rel=0.3)


def test_a_large_photo_is_reduced_without_aliasing():
    # Stripes of one pixel, which are grey from afar.
    image = np.zeros((4000, 3000, 3), "uint8")
    image[::2, :1500] = 255
    image[:, 1500::2] = 255
    joints = standing_person(1)[0] * [8, 13]
    crop = spy(lambda image: image).transfer(image, joints, joints + 40)["crop"]
    middle = slice(SIZE // 4, -SIZE // 4)
    assert np.abs(crop[middle, middle] - 127.5).max() < 2


def test_missing_joints_and_joints_outside_the_photo_are_the_same():
    wrist, target = JOINT["left_wrist"], TARGET.copy()
    spying = spy(lambda image: image)
    target[wrist] = [140, -2]
    outside = spying.transfer(photo(), SOURCE, target)
    volumes = spying.generator.given["target_volume"]
    assert not volumes[..., wrist].any() and volumes[..., JOINT["head"]].any()
    assert np.isfinite(spying.generator.given["mask_prior"]).all()
    # The crop is that of all joints that are known, as in training; given, it is the same.
    crop = np.array(person_crop(SOURCE[None], target[None], FULL_BODY, SIZE))[0]
    target[wrist] = np.nan
    given = spying.transfer(photo(), SOURCE, target, crop=crop)
    np.testing.assert_array_equal(given["photo"], outside["photo"])


def test_a_batch_gives_what_its_items_give_and_leaves_what_has_no_crop(model):
    batch = {
        "photo": np.stack([photo(), photo()[:, ::-1], photo()]),
        "source_joints": np.stack([SOURCE, TARGET, SOURCE * np.nan]).astype("float32"),
        "target_joints": np.stack([TARGET, SOURCE, TARGET]).astype("float32"),
    }
    made = model.predict_on_batch(batch)
    for index in (0, 1):
        alone = model.transfer(**{name: values[index] for name, values in batch.items()})
        for name, expected in alone.items():
            np.testing.assert_allclose(made[name][index].astype(int), expected, atol=1)
    np.testing.assert_array_equal(made["photo"][2], batch["photo"][2])
    assert not made["crop"][2].any()


@pytest.mark.parametrize("network", [Generator, PlainUNet])
def test_it_loads_from_a_run_and_survives_saving(network, tmp_path):
    generator = network(CONFIG)
    save_network(generator, tmp_path / "generator.keras")
    loaded = PoseTransfer.load(tmp_path)
    assert loaded.config == CONFIG
    loaded.save(tmp_path / "transfer.keras")
    again = keras.saving.load_model(tmp_path / "transfer.keras")
    made, expected = (
        model.transfer(photo(), SOURCE, TARGET) for model in (again, PoseTransfer(generator))
    )
    np.testing.assert_equal(made, expected)
    with pytest.raises(ModelError, match="no such file"):
        PoseTransfer.load(Path(__file__).parent)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"photo": photo().astype("float32")}, r"photo: expected RGB bytes .* float32"),
        ({"photo": photo()[..., 0]}, r"photo: expected RGB bytes .*\(300, 320\)"),
        ({"source_joints": SOURCE[:5]}, r"source_joints: expected 14 joints .*\(5, 2\)"),
        ({"target_joints": INFINITE}, "target_joints: .*where missing"),
        ({"target_joints": "wave"}, "target_joints: expected numbers"),
        ({"source_joints": {"head": (1, 2)}}, "source_joints: .*absent: neck, "),
        ({"source_joints": {**NAMED, "neck": 3}}, r"source_joints: neck: expected \(x, y\).*got 3"),
        ({"source_joints": SOURCE * 10}, "source_joints: .*within the photo of 320 x 300.*got 0"),
        ({"target_joints": TARGET * np.nan}, "target_joints: expected all joints of one limb"),
        ({"source_joints": ONLY_ARMS, "target_joints": ONLY_ARMS}, "size cannot be measured"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(model, changed, message):
    given = {"photo": photo(), "source_joints": SOURCE, "target_joints": TARGET, **changed}
    with pytest.raises(DataError, match=message):
        model.transfer(**given)


def test_joints_by_name_and_a_pose_without_a_measure_are_taken(model):
    by_name = model.transfer(photo(), {**NAMED, "head": None}, ONLY_ARMS)["photo"]
    source = SOURCE.copy()
    source[JOINT["head"]] = np.nan
    np.testing.assert_array_equal(by_name, model.transfer(photo(), source, ONLY_ARMS)["photo"])
