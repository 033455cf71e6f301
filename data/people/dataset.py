"""A folder of rendered videos: written by several processes, and completed after a break."""

import multiprocessing
import os
import shutil
import signal
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from tqdm import tqdm

from data.files import claim_folder, write_atomically
from data.footage import Frame
from data.layouts.published import annotation_file
from data.people.video import render_video
from posewarp.errors import DataError

FRAMINGS = ("full", "upper", "mixed")
SETTINGS_FILE = "people.json"
VERSION = 2  # of the pictures: raise it when the same settings come to give other files


class Settings(NamedTuple):
    """What a data set depends on; the program's flags say what each is."""

    videos: int = 20
    test_videos: int = 4
    frames: int = 60
    frame_step: int = 1
    size: int = 256
    seed: int = 0
    framing: str = "mixed"


def write_people(output: str | Path, settings: Settings, workers: int = 1) -> int:
    """Writes the data set, or what an interrupted call has left out, and counts the new videos.

    The folder gets `train`, `test` and `people.json`; it may be absent, empty, or hold people of
    the same settings. The files are the same bytes for the same settings on one machine, whatever
    the number of processes, `workers`. A video counts as written when its `.mat` file exists.

    Raises:
        UsageError: `output` holds people of other settings.
        DataError: `output` holds something else, or a process was killed.
        OSError: `output` cannot be written.
    """
    output = Path(output)
    claim_folder(output, SETTINGS_FILE, {"version": VERSION, **settings._asdict()}, "people")
    jobs = [
        (output, split, index, settings)
        for split, count in (("train", settings.videos), ("test", settings.test_videos))
        for index in range(count)
        if not _paths(output, split, index)[1].exists()
    ]
    # Spawned, not forked: the caller may run the threads of TensorFlow or OpenCV.
    context = multiprocessing.get_context("spawn")
    try:
        with ProcessPoolExecutor(workers, context, _start_worker) as pool:
            written = (pool.map if min(workers, len(jobs)) > 1 else map)(_write_video, jobs)
            list(tqdm(written, total=len(jobs), unit="video", disable=not jobs))
    except BrokenProcessPool as error:
        raise DataError(
            f"{output}: a process was killed while it rendered, perhaps for lack of memory; "
            "start again to complete the folder"
        ) from error
    return len(jobs)


def _start_worker():
    cv2.setNumThreads(1)
    # Ctrl-C reaches all processes. The workers end at once, without a traceback each.
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _paths(output, split, index):
    """A video's folder of frames and its annotation."""
    name = f"{split}_{index + 1:04d}"
    return output / split / "frames" / name, output / split / "info" / f"{name}.mat"


def _write_video(job):
    """Renders one video; its frames appear at once, its annotation after them."""
    output, split, index, settings = job
    folder, annotation = _paths(output, split, index)
    partial = output / f".{folder.name}"
    for leftover in (partial, folder):  # of an interrupted call: it has no annotation
        shutil.rmtree(leftover, ignore_errors=True)
    for new in (partial, folder.parent, annotation.parent):
        new.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng((settings.seed, split == "test", index))
    upper = settings.framing == "upper" or (settings.framing == "mixed" and index % 2 == 1)
    joints, boxes = [], []
    video = render_video(rng, settings.frames, settings.size, settings.frame_step, upper)
    for number, (image, pose, box) in enumerate(video, start=1):
        data, suffix = Frame(number, image).encoded()
        (partial / f"{number}{suffix}").write_bytes(data)
        joints.append(pose)
        boxes.append(box)
    os.rename(partial, folder)
    write_atomically(annotation, annotation_file(np.stack(joints), np.stack(boxes)))
