import contextlib
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
from PIL import ExifTags, Image

from data.frames import REDUCTIONS, Frames, reduced
from posewarp.errors import DataError

SHAPE = (150, 203)
WHOLE = (0, 0, *SHAPE)
FACTOR = cv2.IMWRITE_JPEG_SAMPLING_FACTOR
KINDS = {
    "420.jpg": (FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420),
    "422.jpg": (FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422),
    "444.jpg": (FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444),
}


def picture():
    """A scene with detail of every size."""
    random, (height, width) = np.random.default_rng(0), SHAPE
    layers = (random.uniform(0, 80, (height // n + 1, width // n + 1, 3)) for n in (1, 8, 32))
    return sum(cv2.resize(layer, (width, height)) for layer in layers).astype("uint8")


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


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_a_png_frame_is_reduced_to_the_means_of_its_pixels(reduction, tmp_path):
    height, width = reduced(SHAPE, reduction)
    frame = Frames().read(written(tmp_path / "a.png"), reduction, (0, 0, height, width))
    assert frame.shape[:2] == (height, width)
    row, column = height - 2, width - 2  # the last of whole pixels
    cell = (slice(i * reduction, (i + 1) * reduction) for i in (row, column))
    mean = picture()[tuple(cell)].mean(axis=(0, 1))
    np.testing.assert_allclose(frame[row, column, 2::-1], mean, atol=1)


def test_a_photo_that_a_camera_turned_is_read_upright(tmp_path):
    plain, turned = tmp_path / "plain.jpg", tmp_path / "turned.jpg"
    turned_right = Image.Exif()
    turned_right[ExifTags.Base.Orientation] = 6
    Image.fromarray(picture()).save(plain)
    Image.fromarray(picture()).save(turned, exif=turned_right)
    frames = Frames()
    assert frames.shape(turned) == SHAPE[::-1]
    upright = frames.read(turned, 1, (0, 0, *SHAPE[::-1]))
    np.testing.assert_array_equal(upright, np.rot90(frames.read(plain, 1, WHOLE), -1))


def test_threads_share_one_cache_that_keeps_frames_until_its_room_is_taken(tmp_path):
    paths = [written(tmp_path / f"{number}.jpg") for number in range(30)]
    frames, expected = Frames(cache_mib=1), Frames().read(paths[0], 1, WHOLE)

    def are_right(seed):
        order = np.random.default_rng(seed).permutation(len(paths))
        return all((frames.read(paths[index], 1, WHOLE) == expected).all() for index in order)

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(are_right, range(8)))
    kept = []
    for path in paths:
        path.unlink()
        with contextlib.suppress(DataError):
            kept.append(frames.read(path, 1, WHOLE))
    assert len(kept) == (1 << 20) // expected.nbytes


@pytest.mark.parametrize("window", [WHOLE, (0, 0, 8, 8)])
def test_a_damaged_frame_is_refused_also_where_its_part_is_there(window, tmp_path):
    path = written(tmp_path / "a.jpg")
    cut_off, begin_and_end = path.read_bytes()[:-2000], b"\xff\xd8\xff\xff\xd9"
    for content, message in (
        (cut_off, "the file is cut off"),
        *((content, "cannot be read as an image") for content in (b"", b"no image", begin_and_end)),
    ):
        path.write_bytes(content)
        with pytest.raises(DataError, match=rf"a\.jpg: {message}"):
            Frames().read(path, 1, window)
