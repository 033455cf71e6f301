import numpy as np
from PIL import ExifTags, Image

from eval.photos import read_photo


def test_photos_are_read_in_rgb_and_upright(tmp_path):
    image = np.zeros((40, 60, 3), "uint8")
    image[:20, :30] = (50, 100, 200)
    exif = Image.Exif()
    # The camera was turned, and the picture is to be turned clockwise.
    exif[ExifTags.Base.Orientation] = 6
    Image.fromarray(image).save(tmp_path / "photo.jpg", exif=exif)
    read = read_photo(tmp_path / "photo.jpg")
    expected = np.rot90(image, -1)
    assert read.dtype == np.uint8
    assert read.shape == expected.shape
    # JPEG blurs the edge.
    assert np.abs(read.astype(int) - expected).mean() <= 3
