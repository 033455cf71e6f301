import threading

import cv2
import numpy as np
import pytest

import data.frames
from data.frames import REDUCTIONS, Frames, reduced
from posewarp.errors import DataError

SHAPE = (150, 203)
FACTOR = cv2.IMWRITE_JPEG_SAMPLING_FACTOR
KINDS = {
    "420.jpg": (FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420),
    "422.jpg": (FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422),
    "444.jpg": (FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444),
}


def picture(shape=SHAPE):
    """A scene with detail of every size."""
    random = np.random.default_rng(0)
    layers = (random.uniform(0, 80, (shape[0] // n + 1, shape[1] // n + 1, 3)) for n in (1, 8, 32))
    return sum(cv2.resize(layer, shape[::-1]) for layer in layers).astype("uint8")


def written(path, *parameters):
    assert cv2.imwrite(str(path), picture(), parameters)
    return path


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("name", KINDS)
def test_a_part_has_the_same_bytes_as_the_whole_frame(name, reduction, tmp_path):
    path = written(tmp_path / name, *KINDS[name])
    expected = cv2.imread(str(path), REDUCTIONS[reduction])[..., ::-1]
    height, width = reduced(SHAPE, reduction)
    assert expected.shape == (height, width, 3)
    windows = [(0, 0, height, width), (height - 1, width - 1, height, width)]
    random = np.random.default_rng(1)
    for _ in range(20):
        top, bottom = np.sort(random.choice(height + 1, 2, replace=False)).tolist()
        left, right = np.sort(random.choice(width + 1, 2, replace=False)).tolist()
        windows.append((top, left, bottom, right))
    for frames in (Frames(), Frames(cache_mib=1)):
        assert frames.shape(path) == SHAPE
        for window in windows:
            top, left, bottom, right = window
            part = frames.read(path, reduction, window)[..., :3]
            np.testing.assert_array_equal(part, expected[top:bottom, left:right], str(window))


def test_a_png_is_read_as_it_was_written(tmp_path):
    part = Frames().read(written(tmp_path / "a.png"), 1, (10, 20, 30, 50))
    np.testing.assert_array_equal(part[..., :3], picture()[10:30, 20:50, ::-1])


def test_a_photo_that_a_camera_turned_is_read_upright(tmp_path):
    data = written(tmp_path / "plain.jpg").read_bytes()
    turned_right = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    segment = b"\xff\xe1" + (len(turned_right) + 2).to_bytes(2, "big") + turned_right
    path = tmp_path / "turned.jpg"
    path.write_bytes(data[:2] + segment + data[2:])
    plain = Frames().read(tmp_path / "plain.jpg", 1, (0, 0, *SHAPE))
    frames = Frames()
    assert frames.shape(path) == SHAPE[::-1]
    np.testing.assert_array_equal(frames.read(path, 1, (0, 0, *SHAPE[::-1])), np.rot90(plain, -1))


def test_frames_are_kept_until_the_room_is_taken(tmp_path, monkeypatch):
    decoded = []
    original = data.frames.decode_image

    def decode(*given):
        decoded.append(given)
        return original(*given)

    monkeypatch.setattr(data.frames, "decode_image", decode)
    paths = [written(tmp_path / f"{number}.png") for number in range(20)]
    frames = Frames(cache_mib=1)
    fit = (1 << 20) // (picture().size // 3 * data.frames.CHANNELS)
    assert 0 < fit < len(paths)
    for path in paths:
        frames.read(path, 1, (0, 0, *SHAPE))
    decoded.clear()
    for path in paths:
        frames.read(path, 1, (0, 0, 5, 5))
    assert len(decoded) == len(paths) - fit


def test_threads_share_one_cache_within_its_room(tmp_path):
    paths = [written(tmp_path / f"{number}.jpg") for number in range(30)]
    frames, expected = Frames(cache_mib=1), Frames().read(paths[0], 1, (0, 0, *SHAPE))
    wrong = []

    def work(seed):
        for index in np.random.default_rng(seed).integers(len(paths), size=60):
            if (frames.read(paths[index], 1, (0, 0, *SHAPE)) != expected).any():
                wrong.append(index)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    kept = sum(image.nbytes for image in frames._decoded.values())
    assert (1 << 20) - expected.nbytes < kept <= 1 << 20


def test_what_is_no_image_is_named(tmp_path):
    path = tmp_path / "broken.jpg"
    with pytest.raises(DataError, match=r"broken\.jpg: cannot be read: No such file"):
        Frames().shape(path)
    for content in (b"", b"no image", b"\xff\xd8\xff\xff\xd9"):
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"broken\.jpg: cannot be read as an image"):
            Frames().read(path, 1, (0, 0, 1, 1))


@pytest.mark.parametrize("window", [(0, 0, *SHAPE), (0, 0, 8, 8)])
def test_a_frame_that_is_cut_off_is_refused_also_where_its_part_is_there(window, tmp_path):
    path = written(tmp_path / "a.jpg")
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(DataError, match=r"a\.jpg: the file is cut off"):
        Frames().read(path, 1, window)
