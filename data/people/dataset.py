"""A folder of rendered videos: written by several processes, and completed after a break."""

import dataclasses
import json
import multiprocessing
import os
import shutil
import signal
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from data.files import differences, read_settings
from data.people.video import render_video
from data.published import annotation_file
from posewarp.errors import DataError, UsageError

SPLITS = ("train", "test")
FRAMINGS = ("full", "upper", "mixed")
VERSION = 1
"""Of the pictures: raise it when the same arguments come to give other files."""
SETTINGS_FILE = "people.json"
PARTIAL = ".partial-"
"""What the names of unfinished files and folders start with."""
JPEG_QUALITY = 95
MOST = 100_000
"""Of videos, and of frames of one: no data set has more."""
RANGES = {
    "videos": (1, MOST),
    "test_videos": (0, MOST),
    "frames": (2, MOST),
    "frame_step": (1, 1000),
    "size": (32, 2048),
    "seed": (0, None),
}


@dataclasses.dataclass(frozen=True)
class Settings:
    """What a data set is made with.

    Args:
        videos: int. Videos of the train split, at least 1.
        test_videos: int. Videos of the test split, at least 0.
        frames: int. Frames of every video, at least 2.
        frame_step: int. Steps of the motion from one frame to the next, at least 1.
        size: int. Height and width of the frames in pixels, 32 to 2048.
        seed: int. At least 0.
        framing: str. `"full"`, `"upper"`, or `"mixed"`: every second video the upper body.

    Raises:
        UsageError: A value is out of its range.
    """

    videos: int = 20
    test_videos: int = 4
    frames: int = 60
    frame_step: int = 1
    size: int = 256
    seed: int = 0
    framing: str = "mixed"

    def __post_init__(self):
        for name, (least, most) in RANGES.items():
            value = getattr(self, name)
            if value < least:
                raise UsageError(f"--{name}: expected at least {least}, got {value}")
            if most is not None and value > most:
                raise UsageError(f"--{name}: expected at most {most}, got {value}")
        if self.framing not in FRAMINGS:
            raise UsageError(f"--framing: expected {', '.join(FRAMINGS)}, got {self.framing}")

    def is_upper(self, index: int) -> bool:
        """Whether a split's video of an index shows the upper body only."""
        return self.framing == "upper" or (self.framing == "mixed" and index % 2 == 1)


def write_people(output: str | Path, settings: Settings, workers: int = 1) -> int:
    """Writes the data set, or what an interrupted call has left out.

    The files are the same bytes for the same settings on one machine, whatever `workers`. A
    video counts as written when its `.mat` file exists.

    Args:
        output: Folder to write `train`, `test` and `people.json` into. It may be absent,
            empty, or hold people of the same settings.
        settings: Settings.
        workers: int. Processes.

    Returns:
        How many videos were written.

    Raises:
        UsageError: `output` holds people of other settings.
        DataError: `output` holds something else, or cannot be written.
    """
    output = Path(output)
    try:
        _claim(output, {"version": VERSION, **dataclasses.asdict(settings)})
        jobs = [
            (output, split, index, settings)
            for split, count in zip(SPLITS, (settings.videos, settings.test_videos), strict=True)
            for index in range(count)
            if not _annotation(output, split, index).exists()
        ]
        _write_all(jobs, min(workers, len(jobs)))
    except BrokenProcessPool as error:
        raise DataError(
            f"{output}: a process was killed while it rendered, perhaps for lack of memory; "
            "start again to go on from here"
        ) from error
    except OSError as error:
        raise DataError(f"{error.filename or output}: {error.strerror or error}") from error
    return len(jobs)


def _claim(output, settings):
    """Checks that the folder is ours to fill, and removes what an interrupted run left."""
    path = output / SETTINGS_FILE
    if path.is_file():
        found = read_settings(path)
        if found != settings:
            raise UsageError(
                f"{output}: holds people of other arguments: "
                f"{differences(found, settings) or 'unknown ones'}; choose another --output, or "
                "remove the folder"
            )
    elif output.exists():
        if not output.is_dir():
            raise DataError(f"{output}: is a file; choose a new folder as --output")
        if any(not entry.name.startswith(PARTIAL) for entry in output.iterdir()):
            raise DataError(
                f"{output}: holds something else than people (no {SETTINGS_FILE}); "
                "choose a new folder as --output"
            )
    output.mkdir(parents=True, exist_ok=True)
    for entry in output.glob(f"{PARTIAL}*"):
        shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    if not path.is_file():
        _replace(path, json.dumps(settings, indent=2).encode() + b"\n", output)


def _write_all(jobs, workers):
    with tqdm(total=len(jobs), unit="video", disable=not jobs) as progress:
        if workers <= 1:
            for job in jobs:
                _write_video(*job)
                progress.update()
            return
        # Spawned, not forked: the caller may run TensorFlow's or OpenCV's threads.
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(workers, context, _start_worker) as pool:
            try:
                for done in as_completed([pool.submit(_write_video, *job) for job in jobs]):
                    done.result()
                    progress.update()
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise


def _start_worker():
    cv2.setNumThreads(1)
    # Ctrl-C reaches all processes: these end at once and without a traceback each, and what
    # they leave half done is removed by the next call.
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _annotation(output, split, index):
    return output / split / "info" / f"{_video_name(split, index)}.mat"


def _video_name(split, index):
    return f"{split}_{index + 1:04d}"


def _write_video(output, split, index, settings):
    """Renders one video; its frames appear at once, its annotation after them."""
    name = _video_name(split, index)
    folder = output / split / "frames" / name
    annotation = _annotation(output, split, index)
    partial = output / f"{PARTIAL}{name}"
    for parent in (folder.parent, annotation.parent, partial):
        parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng((settings.seed, SPLITS.index(split), index))
    joints, boxes = [], []
    rendered = render_video(
        rng, settings.frames, settings.size, settings.frame_step, settings.is_upper(index)
    )
    for number, (image, pose, box) in enumerate(rendered, start=1):
        quality = (cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY)
        _, data = cv2.imencode(".jpg", np.ascontiguousarray(image[..., ::-1]), quality)
        (partial / f"{number}.jpg").write_bytes(data.tobytes())
        joints.append(pose)
        boxes.append(box)
    if folder.exists():
        shutil.rmtree(folder)  # whole or not, it has no annotation
    os.rename(partial, folder)
    _replace(annotation, annotation_file(np.stack(joints), np.stack(boxes)), output)


def _replace(path, data, output):
    """Writes a file at once; it is begun in `output`, where the next call would find it."""
    partial = output / f"{PARTIAL}{path.name}"
    partial.write_bytes(data)
    os.replace(partial, path)
