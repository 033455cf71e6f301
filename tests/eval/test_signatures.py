from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
import tensorflow as tf


@pytest.fixture(scope="module")
def call(exported):
    """Calls a signature of the SavedModel with arrays."""
    loaded = tf.saved_model.load(str(exported[1]))

    def call(signature, **arrays):
        tensors = {name: tf.constant(array) for name, array in arrays.items()}
        return {name: x.numpy() for name, x in loaded.signatures[signature](**tensors).items()}

    return call


def assert_close(made, expected):
    assert made.shape == expected.shape
    assert np.abs(made.astype(int) - expected).max() <= 1


def file(image, suffix=".png"):
    return cv2.imencode(suffix, image[..., ::-1])[1].tobytes()


def joints_of(request):
    return {name: array for name, array in request.items() if name != "photo"}


def image(data):
    return cv2.imdecode(np.frombuffer(data, "uint8"), cv2.IMREAD_COLOR)[..., ::-1]


def test_files_of_several_kinds_and_sizes_make_one_batch(call, transfer_model, request_of):
    photos = [request_of(1, height, 320)["photo"][0] for height in (300, 290, 280, 270)]
    alpha = np.dstack([photos[3], photos[3][..., :1]])
    files = [file(photos[0]), file(photos[1], ".jpg"), file(photos[2][..., :1]), file(alpha)]
    joints = joints_of(request_of(4))
    made = call("encoded", photo_bytes=np.array(files), **joints)["photo_bytes"]
    assert len(made) == 4
    for index, data in enumerate(made):
        assert data.startswith(b"\x89PNG")
        pair = {name: array[index] for name, array in joints.items()}
        assert_close(image(data), transfer_model.transfer(image(files[index]), **pair)["photo"])


def test_ten_callers_at_once_get_what_the_model_makes(call, transfer_model, request_of):
    requests = [request_of(1, 300 + 10 * (seed % 3), 320, seed) for seed in range(10)]
    with ThreadPoolExecutor(10) as threads:
        together = list(threads.map(lambda request: call("serving_default", **request), requests))
    for made, request in zip(together, requests, strict=True):
        expected = transfer_model(request, training=False)
        for name in ("photo", "crop"):
            assert_close(made[name], expected[name].numpy())


def refused(call, signature, message, **arrays):
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        call(signature, **arrays)


def joint(joints, value):
    joints = joints.copy()
    joints[0, 2] = value
    return joints


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("photo", lambda x: x[0], r"photo \[300,320,3\] is not compatible .*\[\?,\?,\?,3\]"),
        ("photo", lambda x: x.astype("float32"), "expected to be a uint8 tensor"),
        ("photo", lambda x: x[:, :0], r"photo: expected a photo of 1 to 8192 .*\[0 320\]"),
        ("photo", lambda x: np.zeros((1, 1, 8193, 3), "uint8"), r"8192 pixels.*\[1 8193\]"),
        ("photo", lambda x: x[:0], "photo: expected one item or more"),
        ("source_joints", lambda x: x[:, 1:], r"source_joints \[1,13,2\] is not compatible"),
        ("target_joints", lambda x: x[[0, 0]], r"target_joints: expected as many.*\[2\] \[1\]"),
        ("target_joints", lambda x: joint(x, [0, 1e9]), "target_joints: expected pixels.*1e"),
        ("source_joints", lambda x: joint(x, [np.nan, 3]), "source_joints: expected NaN as both"),
    ],
)
def test_what_is_no_photo_with_joints_is_refused_by_name(call, request_of, name, change, message):
    request = request_of()
    refused(call, "serving_default", message, **{**request, name: change(request[name])})


def test_a_batch_has_a_largest_number_of_pixels_and_of_files(call, request_of):
    photo = np.zeros((5, 3700, 3700, 3), "uint8")
    message = r"photo: expected at most 67108864 pixels in a batch, .*\[5 3700 3700\]"
    refused(call, "serving_default", message, photo=photo, **joints_of(request_of(5)))
    files, joints = np.array([PNG] * 257), joints_of(request_of(257, 1, 1))
    message = r"photo_bytes: expected at most 256 files in a batch, got.*\[257\]"
    refused(call, "encoded", message, photo_bytes=files, **joints)


def test_tensors_of_another_network_are_refused(call, transfer_model):
    tensors = {
        name: np.zeros((2, *tensor.shape[1:]), "float32")
        for name, tensor in transfer_model.generator.input.items()
    }
    for change, message in (
        ({"transforms": tensors["transforms"][..., 1:]}, r"transforms \[2,2,3,10\] is not"),
        ({"mask_prior": tensors["mask_prior"][:1]}, "mask_prior: expected as many"),
        ({"transforms": tensors["transforms"] * np.nan}, "transforms: expected finite numbers"),
    ):
        refused(call, "network", message, **{**tensors, **change})


NOISE = np.random.default_rng(0).integers(0, 256, (60, 80, 3), "uint8")
PNG, JPEG = file(NOISE), file(NOISE, ".jpg")
HUGE = (60000).to_bytes(2, "big")
FRAME = JPEG.index(b"\xff\xc0") + 5


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "too few bytes"),
        (cv2.imencode(".bmp", NOISE)[1].tobytes(), "expected a JPEG or PNG file"),
        (PNG[:8] + b"\0\0\0\4abcd" + bytes(90), "expected a JPEG or PNG file"),
        (PNG[:-500], "Invalid PNG data"),
        (JPEG[:-500], "Invalid JPEG data"),
        # Only the head is huge: decoded, these would be damaged rather than too large.
        (PNG[:16] + bytes(2) + HUGE + PNG[20:], r"8192 pixels a side.*\[60 60000\]"),
        (PNG[:16] + b"\xff" * 8 + PNG[24:], r"8192 pixels a side.*\[-1 -1\]"),
        (JPEG[:FRAME] + HUGE + JPEG[FRAME + 2 :], r"8192 pixels a side.*\[60000 80\]"),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else "",
)
def test_files_that_are_no_photos_are_refused_before_they_cost_memory(
    call, request_of, data, message
):
    refused(call, "encoded", message, photo_bytes=tf.constant([data]), **joints_of(request_of()))
