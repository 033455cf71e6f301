import av
import numpy as np
import pytest

from eval.video_file import video_file


def frames():
    """A grey wall that a bright square moves over."""
    for step in range(6):
        frame = np.full((31, 45, 3), 90, "uint8")
        frame[10:20, 5 * step : 5 * step + 10] = (240, 120, 40)
        yield frame


def write_frames(path):
    with video_file(path, 12.5) as write:
        for frame in frames():
            write(frame)


def test_frames_of_odd_size_are_read_back_as_they_were_written(read_film, tmp_path):
    for name, shape in (("a.mp4", (32, 46, 3)), ("b.gif", (31, 45, 3))):
        folder = tmp_path / "new" / name[0]
        write_frames(folder / name)
        made, rate = read_film(folder / name)
        assert [path.name for path in folder.iterdir()] == [name]
        assert float(rate) == 12.5
        assert made.shape == (6, *shape)
        for written, frame in zip(frames(), made, strict=True):
            assert np.abs(frame[:31, :45].astype(int) - written).mean() < 4
        # What holds still keeps its colour.
        assert np.ptp(made[:, 25, 20], axis=0).max() <= 5


def test_mp4_is_what_browsers_play(tmp_path):
    path = tmp_path / "a.mp4"
    write_frames(path)
    with av.open(path) as container:
        context = container.streams.video[0].codec_context
        assert (context.name, context.pix_fmt) == ("h264", "yuv420p")
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_an_error_leaves_the_old_file_and_no_other(tmp_path):
    for name in ("a.mp4", "a.gif"):
        (tmp_path / name).write_bytes(b"old")
        with pytest.raises(ZeroDivisionError), video_file(tmp_path / name, 25) as write:
            write(next(frames()))
            raise ZeroDivisionError
        assert (tmp_path / name).read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 2
