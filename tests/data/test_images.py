import io
import sys

import cv2
import numpy as np
import pytest
from PIL import ExifTags, Image

from data.images import MAX_PIXELS, decode_photo, read_image_file
from posewarp.errors import DataError

NOISE = cv2.resize(np.random.default_rng(0).integers(0, 255, (5, 8, 3), "uint8"), (80, 50))
PICTURE = Image.fromarray(NOISE)
TURNED = Image.Exif()
TURNED[ExifTags.Base.Orientation] = 6  # it is to be turned clockwise


def file(image, kind, **options):
    data = io.BytesIO()
    image.save(data, kind, **options)
    return data.getvalue()


def decoded(data):
    return decode_photo(data, "a.jpg", "expected a photo")


@pytest.mark.parametrize(
    ("data", "tolerance"),
    [
        (file(PICTURE, "PNG"), 0),
        (file(Image.fromarray(np.dstack([NOISE, NOISE[..., :1]])), "PNG"), 0),
        (cv2.imencode(".png", NOISE[..., ::-1].astype("uint16") * 257)[1].tobytes(), 0),
        (file(PICTURE, "BMP"), 0),
        (file(PICTURE, "TIFF"), 0),
        (file(PICTURE, "WebP", lossless=True), 0),
        (file(PICTURE, "JPEG", quality=95), 4),
        (file(PICTURE, "JPEG", quality=95, progressive=True) + b"tail", 4),
        (file(PICTURE.transpose(Image.ROTATE_90), "JPEG", quality=95, exif=TURNED), 4),
        (file(PICTURE.convert("CMYK"), "JPEG", quality=95), 4),
        (file(PICTURE, "GIF", save_all=True, append_images=[PICTURE.rotate(180)]), 12),
    ],
    ids=["PNG", "alpha", "16 bit", "BMP", "TIFF", "WebP", "JPEG", "PJPEG", "EXIF", "CMYK", "GIF"],
)
def test_images_of_any_kind_are_read(data, tolerance):
    made = decoded(data)
    assert made.dtype == np.uint8 and made.shape == NOISE.shape
    assert np.abs(made.astype(int) - NOISE).mean() <= tolerance


def test_grey_images_have_three_equal_channels():
    made = decoded(file(Image.fromarray(NOISE[..., 0]), "PNG"))
    np.testing.assert_array_equal(made, np.repeat(NOISE[..., :1], 3, axis=2))


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("share", [0.2, 0.9, 0.999])
def test_an_image_that_is_cut_off_is_not_filled_up(kind, share):
    data = file(PICTURE, kind)
    with pytest.raises(DataError, match=r"a\.jpg: the file is cut off: expected a photo, whole"):
        decoded(data[: int(share * len(data))])


def test_the_largest_size_is_that_of_the_head_and_more_than_photos_have(monkeypatch):
    assert 16320 * 12240 < MAX_PIXELS < 30_000 * 30_000
    monkeypatch.setattr("data.images.MAX_PIXELS", 80 * 50)
    assert decoded(file(PICTURE, "PNG")).shape == NOISE.shape
    monkeypatch.setattr("data.images.MAX_PIXELS", 80 * 50 - 1)
    with pytest.raises(DataError, match=r"a\.jpg: 80 x 50 pixels are too many: expected at most"):
        decoded(file(PICTURE, "PNG"))


def test_what_is_no_file_is_not_read(tmp_path):
    for name, message in ((".", "not a file"), ("absent", "cannot be read"), ("a\0b", "cannot be")):
        with pytest.raises(DataError, match=f"{message}.*: expected a photo"):
            read_image_file(tmp_path / name, "expected a photo")


def test_a_photo_of_an_iphone_is_read_where_its_decoder_is_installed(monkeypatch):
    pillow_heif = pytest.importorskip("pillow_heif")
    heic = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(NOISE)).save(heic, quality=-1)
    assert decoded(heic.getvalue()).shape == NOISE.shape
    assert np.abs(decoded(heic.getvalue()).astype(int) - NOISE).mean() < 6
    with pytest.raises(DataError, match=r"a\.jpg: HEIC that cannot be read: convert it to JPEG"):
        decoded(heic.getvalue()[:200])
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(DataError, match=r"a\.jpg: HEIC is not read: install .*\[heic\].*, or conv"):
        decoded(heic.getvalue())
