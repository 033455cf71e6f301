import os
import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
from annotated_layouts import write_movie

from data.footage import open_footage
from posewarp.errors import DataError


def gray(value, height=48, width=64):
    return np.full((height, width, 3), value, "uint8")


def test_every_nth_frame_of_a_video_is_read_in_rgb(tmp_path):
    path = tmp_path / "movie.avi"
    images = [gray(20 * number) for number in range(10)]
    images[3][..., 0] = 200
    write_movie(path, images)
    footage = open_footage(path)
    assert (footage.count, footage.bytes) == (10, path.stat().st_size)
    frames = list(footage.frames(3))
    assert [frame.number for frame in frames] == [1, 4, 7, 10]
    for frame in frames:
        assert np.abs(frame.image.astype(int) - images[frame.number - 1]).max() < 12
        assert frame.file is None
    data, suffix = frames[0].encoded()
    assert suffix == ".jpg" and data.startswith(b"\xff\xd8")


def test_a_video_is_turned_as_its_file_says(tmp_path):
    path = tmp_path / "phone.mp4"
    image = gray(0)
    image[:, :32] = 250
    write_movie(path, [image] * 3)
    # A phone that is held upright writes its frames sideways, and a matrix into the track's head.
    data, one, matrix = bytearray(path.read_bytes()), 1 << 16, 4 + 40
    begin = data.index(b"tkhd") + matrix
    values = (0, one, 0, -one, 0, 0, image.shape[0] * one, 0, 1 << 30)
    data[begin : begin + 36] = struct.pack(">9i", *values)
    path.write_bytes(data)
    frames = [frame.image for frame in open_footage(path).frames(1)]
    assert [frame.shape for frame in frames] == [(64, 48, 3)] * 3
    assert frames[0][:28].min() > 200 and frames[0][36:].max() < 50


def test_the_videos_of_a_folder_follow_each_other(tmp_path):
    for name, value in (("clip10.avi", 200), ("clip9.avi", 20), ("._clip9.avi", 99)):
        write_movie(tmp_path / name, [gray(value)] * 4)
    (tmp_path / "notes.txt").write_text("of the clips")
    footage = open_footage(tmp_path)
    assert (footage.count, footage.fps) == (8, 10)
    frames = list(footage.frames(3))
    assert [frame.number for frame in frames] == [1, 4, 7]
    assert [frame.image.mean() > 100 for frame in frames] == [False, False, True]


def test_a_videos_name_is_any(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("10:30.avi", "file:a.avi", "日本 %03d.avi", "-i.avi", os.fsdecode(b"caf\xe9.avi")):
        write_movie(tmp_path / "movie.avi", [gray(9)] * 2)
        os.rename("movie.avi", name)
        assert len(list(open_footage(Path(name)).frames(1))) == 2, name


def test_what_is_whole_of_a_damaged_video_is_read(tmp_path, capfd):
    path = tmp_path / "movie.avi"
    write_movie(path, list(np.random.default_rng(0).integers(0, 255, (10, 48, 64, 3), "uint8")))
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    path.write_bytes(data[:middle])
    assert len(list(open_footage(path).frames(1))) == 4
    data[middle : middle + 4000] = bytes(4000)
    path.write_bytes(data)
    assert 7 <= len(list(open_footage(path).frames(1))) < 10
    assert capfd.readouterr() == ("", "")


def test_a_folders_images_are_ordered_as_their_numbers(tmp_path):
    for number in (10, 9, 1):
        cv2.imwrite(str(tmp_path / f"shot{number}.png"), gray(number))
    (tmp_path / "notes.txt").touch()
    (tmp_path / "._shot1.png").write_bytes(b"\0\5\26\7")  # as a Mac leaves them
    footage = open_footage(tmp_path)
    assert footage.count == 3
    frames = list(footage.frames(1))
    assert [(frame.number, frame.image[0, 0, 0]) for frame in frames] == [(1, 1), (2, 9), (3, 10)]
    assert [frame.number for frame in footage.frames(2)] == [1, 3]


@pytest.mark.parametrize(("written", "kept"), [(".png", True), (".jpg", True), (".bmp", False)])
def test_jpeg_and_png_files_stay_as_they_are(tmp_path, written, kept):
    path = tmp_path / f"shot{written}"
    cv2.imwrite(str(path), gray(100))
    (frame,) = open_footage(tmp_path).frames(1)
    data, suffix = frame.encoded()
    assert (data == path.read_bytes()) == kept
    assert suffix == (written if kept else ".jpg")
    again = cv2.imdecode(np.frombuffer(data, "uint8"), cv2.IMREAD_COLOR)
    np.testing.assert_allclose(again, gray(100), atol=2)


def test_what_has_no_frames_is_one_line(tmp_path, capfd):
    (tmp_path / "text.mp4").write_text("chapter 1")
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "2.png").touch()
    for name, message in (
        ("absent.mp4", "absent.mp4: no such file: expected a video, a folder of images"),
        ("text.mp4", "text.mp4: not one frame can be read"),
        ("empty.mp4", "empty.mp4: not one frame can be read"),
        ("folder", "folder: expected images .*found none"),
        ("empty", r"2\.png: cannot be read as an image"),
    ):
        with pytest.raises(DataError, match=message):
            list(open_footage(tmp_path / name).frames(1))
    assert capfd.readouterr() == ("", "")
