"""Any other annotation, as one JSON file a video; docs/data.md shows one."""

import functools
import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from data.annotated_video import FARTHEST, Video
from data.files import read_json_file
from data.layouts import is_file, names_of_split, path_within
from posewarp.errors import DataError, MissingSplitError

LONGEST_QUOTE = 60
"""Characters of a wrong value that a message shows."""


def open_json(
    data_dir: Path, split: str, test_videos: Sequence[str] = ()
) -> list[Callable[[], Video]]:
    """Lists the videos of a folder of JSON files, as `data.videos.open_videos`.

    `<data_dir>/<split>/<video>.json` has `joints`, the names, and `frames`, a list of objects
    with `image`, a path from the JSON file's folder to a file within `data_dir`; `joints`,
    which gives [x, y] by name in pixels counted from 0, null or nothing where missing; and
    optionally `box`, [x, y, width, height]. Other fields are passed over. With `test_videos`, the
    files of both splits are `<data_dir>/<video>.json`.
    """
    folder = data_dir if test_videos else data_dir / split
    if not folder.is_dir():
        raise MissingSplitError(
            f"{folder}: no such folder; expected one .json file per video in it"
        )
    files = sorted(folder.glob("[!.]*.json"))
    if not files:
        raise MissingSplitError(f"{folder}: expected one .json file per video, found none")
    if test_videos:
        names = [path.stem for path in files]
        chosen = names_of_split(names, split, test_videos, (), folder)
        files = [path for path in files if path.stem in chosen]
    return [functools.partial(_read_video, data_dir, path) for path in files]


def _read_video(data_dir, path):
    fields = read_json_file(path)
    _require(isinstance(fields, dict), path, "an object with joints and frames", fields)
    names = _field(fields, "joints", path)
    are_names = isinstance(names, list) and names and all(isinstance(name, str) for name in names)
    _require(are_names, f"{path}: joints", "a list of joint names", names)
    for name in names:
        _require(names.count(name) == 1, f"{path}: joints", "every name once", name)
    frames = _field(fields, "frames", path)
    _require(isinstance(frames, list) and frames, f"{path}: frames", "a list of frames", frames)
    images, joints, boxes = [], [], []
    for index, frame in enumerate(frames):
        where = f"{path}: frames[{index}]"
        _require(isinstance(frame, dict), where, "an object with image and joints", frame)
        images.append(_image(data_dir, path, _field(frame, "image", where), f"{where}.image"))
        joints.append(_joints(names, _field(frame, "joints", where), f"{where}.joints"))
        boxes.append(_box(frame.get("box"), f"{where}.box"))
    boxes = np.array(boxes)
    return Video(
        name=path.stem,
        frames=tuple(images),
        joint_names=tuple(names),
        joints=np.array(joints),
        boxes=boxes if np.isfinite(boxes).any() else None,
    )


def _image(data_dir, path, image, where):
    _require(isinstance(image, str) and image and "\0" not in image, where, "a path", image)
    # From the file's folder, which may itself be data_dir or below it.
    found = path_within(data_dir, path.parent.relative_to(data_dir), image)
    if found is None:
        raise DataError(f"{where}: {image!r} leads out of {data_dir}; keep frames in the data set")
    if not is_file(found):
        raise DataError(f"{where}: {found}: no such file")
    return found


def _joints(names, given, where):
    _require(isinstance(given, dict), where, "an object of [x, y] by joint name", given)
    for name in given:
        _require(name in names, where, f"names that the field joints lists ({len(names)})", name)
    expected = "[x, y] in pixels, or null where missing"
    return [_numbers(given.get(name), 2, f"{where}.{name}", expected) for name in names]


def _box(given, where):
    expected = "[x, y, width, height] in pixels with a positive size, or null"
    box = _numbers(given, 4, where, expected)
    _require(given is None or min(box[2:]) > 0, where, expected, given)
    return box


def _numbers(values, count, where, expected):
    """The values as floats (count,); all are NaN where they are null, or one of them is NaN."""
    if values is None:
        return np.full(count, np.nan)
    # True and False are integers to Python.
    are_numbers = isinstance(values, list) and all(type(value) in (int, float) for value in values)
    _require(are_numbers and len(values) == count, where, expected, values)
    _require(not any(abs(value) > FARTHEST for value in values), where, expected, values)
    return np.full(count, np.nan) if any(map(math.isnan, values)) else np.array(values, "float64")


def _field(fields, name, where):
    if name not in fields:
        raise DataError(f"{where}: the field {name} is missing")
    return fields[name]


def _require(condition, where, expected, got):
    if not condition:
        quote = json.dumps(got, ensure_ascii=False)
        if len(quote) > LONGEST_QUOTE:
            quote = f"{quote[:LONGEST_QUOTE]}..."
        raise DataError(f"{where}: expected {expected}, got {quote}")
