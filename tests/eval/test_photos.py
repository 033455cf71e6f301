import cv2
import numpy as np
import pytest

from eval.photos import read_photo


@pytest.mark.parametrize("kind", ["grey", "alpha", "16 bit", "EXIF"])
def test_photos_of_any_kind_are_read_as_users_see_them(kind, tmp_path):
    image = np.zeros((40, 60, 3), "uint8")
    image[:20, :30] = (200, 100, 50)
    path = tmp_path / "photo.png"
    if kind == "grey":
        cv2.imwrite(str(path), image[..., 0])
    elif kind == "alpha":
        cv2.imwrite(str(path), np.dstack([image, np.full((40, 60), 128, "uint8")]))
    elif kind == "16 bit":
        cv2.imwrite(str(path), image.astype("uint16") * 257)
    else:
        path = tmp_path / "photo.jpg"
        # Orientation 6: the camera was turned, and the picture is to be turned clockwise.
        tiff = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"
        segment = b"Exif\0\0" + tiff
        data = cv2.imencode(".jpg", image)[1].tobytes()
        marker = b"\xff\xe1" + (len(segment) + 2).to_bytes(2, "big")
        path.write_bytes(data[:2] + marker + segment + data[2:])
        image = np.rot90(image, -1)
    expected = image if kind != "grey" else np.repeat(image[..., :1], 3, axis=2)
    read = read_photo(path)
    assert read.dtype == np.uint8
    assert read.shape == expected.shape
    # JPEG blurs the edge.
    assert np.abs(read[..., ::-1].astype(int) - expected).mean() <= (3 if kind == "EXIF" else 0)
