"""Makes a data set of procedural people in motion, to train and to test with no download.

python -m data.puppets --output=<folder> --videos=20 --test_videos=4

Every video has another cartoon person before another still scene, with exact joints, in the
layout of the published data set, which `data.videos.read_published` reads. The people of the
train and of the test split differ. `puppet_motion` moves them, `puppet_rendering` draws them.
"""

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
from absl import flags
from tqdm import tqdm

from data.files import differences, read_settings
from data.published import annotation_file
from data.puppet_rendering import render_video
from posewarp.errors import DataError, UsageError
from posewarp.program import require_flags, run

FLAGS = flags.FLAGS

SPLITS = ("train", "test")
VERSION = 2
"""Of the drawings: raise it when the same arguments come to give other files."""
SETTINGS_FILE = "puppets.json"
PARTIAL = ".partial-"
"""What the names of unfinished files and folders start with."""
JPEG_QUALITY = 95
SMALLEST_SIZE, LARGEST_SIZE = 32, 2048
MOST = 100_000
"""Of videos, and of frames of one: no data set has more."""
LARGEST_STEP = 1000


def define_flags():
    """Defines the program's flags; not at import, where others' `seed` and `output` live."""
    flags.DEFINE_string("output", None, "Folder to write; it is made, or completed.")
    flags.DEFINE_integer("videos", 20, "Videos, hence people, to train with.")
    flags.DEFINE_integer("test_videos", 4, "Videos of other people, to test with.")
    flags.DEFINE_integer("frames", 60, "Frames of every video.")
    flags.DEFINE_integer(
        "frame_step", 1, "Steps of the motion from one frame to the next; more is further apart."
    )
    flags.DEFINE_integer("size", 256, "Height and width of the frames in pixels.")
    flags.DEFINE_integer("seed", 0, "Seed of people, scenes and motion.")


def main():
    """Writes the data set, or what is missing of it."""
    require_flags("output")
    written = write_puppets(
        FLAGS.output,
        FLAGS.videos,
        FLAGS.test_videos,
        FLAGS.frames,
        FLAGS.size,
        FLAGS.seed,
        FLAGS.frame_step,
    )
    total = FLAGS.videos + FLAGS.test_videos
    if written:
        print(f"{FLAGS.output}: {total} videos of {FLAGS.frames} frames, {written} of them new")
    else:
        print(f"{FLAGS.output}: nothing to do, all {total} videos are there")


def write_puppets(
    output: str | Path,
    videos: int = 20,
    test_videos: int = 4,
    frames: int = 60,
    size: int = 256,
    seed: int = 0,
    frame_step: int = 1,
    workers: int | None = None,
) -> int:
    """Writes the data set, or what an interrupted call has left out.

    The files are the same bytes for the same arguments on one machine, whatever `workers`.
    A video counts as written when its `.mat` file exists.

    Args:
        output: Folder to write `train`, `test` and `puppets.json` into. It may be absent,
            empty, or hold puppets of the same arguments.
        videos: int. Videos of the train split, at least 1.
        test_videos: int. Videos of the test split, at least 0.
        frames: int. Frames of every video, at least 2.
        size: int. Height and width of the frames in pixels, 32 to 2048.
        seed: int. At least 0.
        frame_step: int. Steps of the motion from one frame to the next, at least 1.
        workers: int. Processes; by default one per processor.

    Returns:
        How many videos were written.

    Raises:
        UsageError: An argument is out of its range, or `output` holds puppets of others.
        DataError: `output` holds something else, or cannot be written.
    """
    settings = {
        "videos": videos,
        "test_videos": test_videos,
        "frames": frames,
        "size": size,
        "seed": seed,
        "frame_step": frame_step,
    }
    _require_in_range(settings)
    output = Path(output)
    try:
        _claim(output, {"version": VERSION, **settings})
        jobs = [
            (output, split, index, frames, size, seed, frame_step)
            for split, count in zip(SPLITS, (videos, test_videos), strict=True)
            for index in range(count)
            if not _annotation(output, split, index).exists()
        ]
        _write_all(jobs, min(workers or os.cpu_count() or 1, len(jobs)))
    except BrokenProcessPool as error:
        raise DataError(
            f"{output}: a process was killed while it drew, perhaps for lack of memory; "
            "start again to go on from here"
        ) from error
    except OSError as error:
        raise DataError(f"{error.filename or output}: {error.strerror or error}") from error
    return len(jobs)


def _require_in_range(settings):
    ranges = {
        "videos": (1, MOST),
        "test_videos": (0, MOST),
        "frames": (2, MOST),
        "size": (SMALLEST_SIZE, LARGEST_SIZE),
        "seed": (0, None),
        "frame_step": (1, LARGEST_STEP),
    }
    for name, (least, most) in ranges.items():
        if settings[name] < least:
            raise UsageError(f"--{name}: expected at least {least}, got {settings[name]}")
        if most is not None and settings[name] > most:
            raise UsageError(f"--{name}: expected at most {most}, got {settings[name]}")


def _claim(output, settings):
    """Checks that the folder is ours to fill, and removes what an interrupted run left."""
    path = output / SETTINGS_FILE
    if path.is_file():
        _require_same(path, settings)
    elif output.exists():
        if not output.is_dir():
            raise DataError(f"{output}: is a file; choose a new folder as --output")
        if any(not entry.name.startswith(PARTIAL) for entry in output.iterdir()):
            raise DataError(
                f"{output}: holds something else than puppets (no {SETTINGS_FILE}); "
                "choose a new folder as --output"
            )
    output.mkdir(parents=True, exist_ok=True)
    for entry in output.glob(f"{PARTIAL}*"):
        shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    if not path.is_file():
        _replace(path, json.dumps(settings, indent=2).encode() + b"\n", output)


def _require_same(path, settings):
    found = read_settings(path)
    if found != settings:
        raise UsageError(
            f"{path.parent}: holds puppets of other arguments: "
            f"{differences(found, settings) or 'unknown ones'}; choose another --output, or remove "
            "the folder"
        )


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


def _write_video(output, split, index, frames, size, seed, frame_step):
    """Draws one video; its frames appear at once, its annotation after them."""
    name = _video_name(split, index)
    folder = output / split / "frames" / name
    annotation = _annotation(output, split, index)
    partial = output / f"{PARTIAL}{name}"
    for parent in (folder.parent, annotation.parent, partial):
        parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng((seed, SPLITS.index(split), index))
    joints, boxes = [], []
    drawn = render_video(rng, frames, size, frame_step)
    for number, (image, pose, box) in enumerate(drawn, start=1):
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


if __name__ == "__main__":
    define_flags()
    run(main)
