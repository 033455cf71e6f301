"""What every program does with input that cannot be used: one line, its status, nothing written.

A row is a command line of a program that works, and what is changed of its flags and files.
"""

import hashlib
import io
import json
import os
import re
import shutil
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import cv2
import h5py
import keras
import numpy as np
import pytest
import scipy.io
from annotated_layouts import write_json_video, write_youtube_pose, youtube_video
from PIL import Image
from programs import ROOT, Program
from published_layout import standing_person, write_video

from posewarp.networks import Discriminator, Generator, ModelConfig, PlainUNet, save_network
from posewarp.skeleton import FULL_BODY, UPPER_BODY

SMALL = {"batch_size": 2, "vgg_weights": "random", "xla": "false", "steps": 1}
FLAGS = {
    "data.check": {"data_dir": "data"},
    "data.puppets": {"output": "new", "videos": 1, "test_videos": 0, "frames": 2, "size": 32},
    "data.annotate": {"input": "photo.png", "output": "me.json", "pose_model": "pose.task"},
    "train.pretrain": {
        **SMALL,
        **{"data_dir": "data", "run_dir": "new", "image_size": 64, "width": 0.05},
    },
    "train.gan": {**SMALL, "data_dir": "data", "run_dir": "new", "generator": "model.keras"},
    "train.statistics": {
        **{"data_dir": "data", "output": "new.npz", "image_size": 64},
        "vgg_weights": "random",
    },
    "train.import_weights": {"weights": "weights.h5", "output": "new.keras"},
    "eval.transfer": {
        **{"model": "model.keras", "source": "photo.png", "source_joints": "source.json"},
        **{"target_joints": "target.json", "output": "new/out.png"},
    },
    "eval.animate": {
        **{"model": "model.keras", "source": "photo.png", "source_joints": "source.json"},
        **{"data_dir": "data", "driver": "walk", "output": "new/out.gif"},
    },
    "eval.visualize": {"run_dir": "model.keras", "data_dir": "data", "output": "new/figure.png"},
    "eval.evaluate": {
        **{"run_dir": "model.keras", "data_dir": "data", "output": "new", "pairs": 2},
        "vgg_weights": "none",
    },
    "eval.export": {"model": "model.keras", "output": "new"},
    "eval.report": {"evaluation": "evaluation", "output": "report.md"},
    "eval.studio": {"model": "model.keras", "browser": "false", "port": 0},
}
"""A command line of every program that can be used, but for what `GIVEN` lacks."""


def joints_file(**changed):
    points = dict(zip(FULL_BODY.joints, standing_person(1)[0].tolist(), strict=True))
    return json.dumps({**points, **changed})


@dataclass
class Row:
    """A command line that cannot be used.

    `message` is looked for in stderr. Of `flags`, None takes one away; of `files`, too. A file
    is text, bytes, what becomes JSON, or a function that is given its path.
    """

    program: str
    message: str
    flags: Mapping = field(default_factory=dict)
    files: Mapping[str, object] = field(default_factory=dict)
    status: int = 1
    more: tuple[str, ...] = ()


def bad(name, *args, **kwargs):
    return pytest.param(Row(*args, **kwargs), id=name)


def run(module, arguments, folder):
    """Runs a program that may take a minute of a processor and a GiB of memory."""
    program = Program(module, arguments, folder, most=(60, 2**30))
    program.start()
    return program.wait()


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """The files that every row begins with."""
    folder = tmp_path_factory.mktemp("given")
    write_video(folder / "data", "walk")
    write_video(folder / "data", "stroll", split="test")
    write_json_video(folder / "json")
    write_youtube_pose(folder / "youtube", [youtube_video(name) for name in "ab"])
    save_network(Generator(ModelConfig(FULL_BODY, 64, 0.05)), folder / "model.keras")
    cv2.imwrite(str(folder / "photo.png"), np.full((300, 320, 3), 90, "uint8"))
    (folder / "source.json").write_text(joints_file())
    (folder / "target.json").write_text(joints_file())
    return folder


def write_files(folder, files):
    for name, content in files.items():
        path = folder / name
        if content is None:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Callable):
            content(path)
        elif isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content))


def command_line(program, changed):
    flags = {**FLAGS[program], **changed}
    return [f"--{name}={value}" for name, value in flags.items() if value is not None]


def tree(folder):
    """What a folder holds, by path: kind, time and content."""
    found = {}
    for path in sorted(folder.rglob("*")):
        content = os.readlink(path) if path.is_symlink() else ""
        if path.is_file():
            content = hashlib.sha256(path.read_bytes()).hexdigest()
        found[str(path.relative_to(folder))] = (path.lstat().st_mode, content)
    return found


# What stands in for a file.


def folder(path):
    if path.is_file():
        path.unlink()
    path.mkdir()


def dangling(path):
    path.unlink(missing_ok=True)
    path.symlink_to(path.parent / "gone")


def fifo(path):
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def cut(keep):
    """Cuts a file off after a share of its bytes."""

    def damage(path):
        data = path.read_bytes()
        path.write_bytes(data[: int(len(data) * keep)])

    return damage


def image(kind="jpg", mode="RGB", size=(320, 300)):
    data = io.BytesIO()
    Image.new(mode, size).save(data, kind)
    return data.getvalue()


def png_of_size(width, height):
    """A PNG file of a few bytes whose head says that it is larger."""

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def jpeg_of_size(width, height):
    data = image("jpeg")
    size = data.index(b"\xff\xc0") + 5
    return data[:size] + struct.pack(">HH", height, width) + data[size + 4 :]


def mat(**fields):
    """The annotation of `walk` with other fields; None takes one away."""

    def write(path):
        joints = np.moveaxis(standing_person(3), 0, 2) + 1
        data = {"X": joints, "bbox": np.tile([120.0, 40.0, 60.0, 200.0], (3, 1)), **fields}
        data = {name: value for name, value in data.items() if value is not None}
        scipy.io.savemat(path, {"data": data})

    return write


def hdf5(path):
    with h5py.File(path, "w", userblock_size=512) as file:
        file["data/X"] = np.zeros((14, 2, 3))
    with open(path, "r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file, made by hand".ljust(124) + b"\0\2IM")


def mat_of_other_name(path):
    scipy.io.savemat(path, {"dat": {"X": 1}})


def mat_of_size(path):
    """A .mat file of a few bytes whose array says that it is 16 billion cells."""
    scipy.io.savemat(path, {"data": np.array([[1, "a"]], object)})
    data = path.read_bytes()
    dimensions = struct.pack("<IIii", 5, 8, 1, 2)
    assert dimensions in data
    path.write_bytes(data.replace(dimensions, struct.pack("<IIii", 5, 8, 2**17, 2**17)))


def nested_mat(depth):
    """A .mat file of cells within cells."""
    head = struct.pack("<IIII", 6, 8, 1, 0) + struct.pack("<IIii", 5, 8, 1, 1)
    head += struct.pack("<II", 1, 4) + b"data\0\0\0\0"
    sizes = ((len(head) + 8) * level for level in range(depth, 0, -1))
    array = b"".join(struct.pack("<II", 14, size) + head for size in sizes)
    array += struct.pack("<II", 14, 0)
    return b"MATLAB 5.0 MAT-file".ljust(124) + b"\0\1IM" + array


def youtube(*videos):
    return lambda path: write_youtube_pose(path.parent, videos, frames=False)


def json_video(**frame):
    """A video of one frame, changed."""
    joints = dict(zip(FULL_BODY.joints, standing_person(1)[0].tolist(), strict=True))
    return {
        "joints": list(FULL_BODY.joints),
        "frames": [{"image": "walk/0.jpg", "joints": joints, **frame}],
    }


ARM = {"name": "arm", "ends": [["head"], ["neck"]]}


def skeleton(**fields):
    return {
        "name": "mine",
        "joints": list(FULL_BODY.joints),
        "limbs": [ARM],
        "mirror": [],
        "size": [{"factor": 2, "segments": [["head", "neck"]]}],
        **fields,
    }


def network(kind, config=None):
    return lambda path: kind(config or ModelConfig(FULL_BODY, 64, 0.05)).save(path)


def lambda_model(path):
    inputs = keras.Input((2,))
    layer = keras.layers.Lambda(lambda x: x + 1, output_shape=(2,))
    keras.Model(inputs, layer(inputs)).save(path)


def dense_model(path):
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)]).save(path)


def archive(change):
    """Changes the files of a .keras file: a dict of bytes by name."""

    def write(path):
        with zipfile.ZipFile(path) as old:
            members = {name: old.read(name) for name in old.namelist()}
        change(members)
        with zipfile.ZipFile(path, "w") as new:
            for name, data in members.items():
                new.writestr(name, data)

    return write


def config(change):
    """Changes the model configuration in a .keras file."""

    def edit(members):
        fields = json.loads(members["config.json"])
        change(fields["config"]["config"], fields)
        members["config.json"] = json.dumps(fields).encode()

    return archive(edit)


def without_weights(members):
    del members["model.weights.h5"]


def cut_weights(members):
    members["model.weights.h5"] = members["model.weights.h5"][:-2000]


def huge_member(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("config.json", b"0" * 2**27)


def statistics(**arrays):
    return lambda path: np.savez(path, **arrays)


FRAME = "data/train/frames/walk/2.jpg"
MAT = "data/train/info/walk.mat"
YOUTUBE = "youtube/YouTube_Pose_dataset.mat"
YOUTUBE_FLAGS = {"dataset": "youtube_pose", "data_dir": "youtube", "test_videos": "b"}
JSON = "json/train/walk.json"
JSON_FLAGS = {"dataset": "json", "data_dir": "json"}
SKELETON = {"skeleton": "skeleton.json"}
SKELETON_FILE = "skeleton.json"
POSE = "source.json"
LONG = "a" * 5000


def usage(name, program, message, flags=None, files=None, more=()):
    return bad(name, program, message, flags or {}, files or {}, 2, tuple(more))


COMMAND_LINES = [
    usage("unknown flag", "data.check", "Unknown command line flag 'data_dri'", {"data_dri": "x"}),
    usage("flag of another program", "eval.report", "Unknown .* 'pairs'", {"pairs": 3}),
    usage("argument", "data.puppets", "unexpected argument 'new'", more=["new"]),
    usage("text for a number", "train.pretrain", "--steps=many", {"steps": "many"}),
    usage("fraction for an integer", "train.pretrain", r"--steps=1\.5", {"steps": 1.5}),
    usage("text for a boolean", "train.pretrain", "xla", {"xla": "perhaps"}),
    usage("no such choice", "eval.export", "format.*saved_model", {"format": "pdf"}),
    usage("no such layout", "data.check", "dataset.*published", {"dataset": "coco"}),
    usage("number below its range", "train.pretrain", "batch_size=0: ", {"batch_size": 0}),
    usage("number above its range", "eval.animate", "fps", {"fps": 1e9}),
    usage("infinite steps", "train.pretrain", "steps", {"steps": "inf"}),
    usage("no flagfile", "data.check", "absent.flags", {"flagfile": "absent.flags"}),
    usage("flagfile of a folder", "data.check", "data", {"flagfile": "data"}),
    usage(
        "flagfile of bytes", "data.check", "a.flags", {"flagfile": "a.flags"},
        {"a.flags": b"\xff\xfe--data_dir"},
    ),
    usage(
        "flagfile with an unknown flag", "data.check", "foo", {"flagfile": "a.flags"},
        {"a.flags": "--foo=1\n"},
    ),
    usage(
        "flagfile with an argument", "data.check", "unexpected argument 'data'",
        {"flagfile": "a.flags"}, {"a.flags": "data\n"},
    ),
    usage(
        "recursive flagfile", "data.check", "a.flags", {"flagfile": "a.flags"},
        {"a.flags": "--flagfile=b.flags\n", "b.flags": "--flagfile=a.flags\n"},
    ),
    bad("required flag absent", "eval.transfer", "--output is required", {"output": None}),
    bad("required flag empty", "train.gan", "--generator is required", {"generator": ""}),
    bad("outputs that are one file", "eval.transfer", "expected different files",
        {"figure": "new/../new/out.png"}),
    bad("animations that are one file", "eval.animate", "expected different files",
        {"output": "a.gif,./a.gif"}),
    bad("published data with test videos", "data.check", "--test_videos", {"test_videos": "walk"}),
    bad("image size of no 32", "train.pretrain", "image_size: .*got 100", {"image_size": 100}),
    bad("negative image size", "train.statistics", "image_size: .*got -64", {"image_size": -64}),
    bad("absurd image size", "train.pretrain", "image_size: .*got 320000", {"image_size": 320000}),
    usage("infinite width", "train.pretrain", "--width=inf: .*finite", {"width": "inf"}),
    usage("rate of no number", "train.pretrain", "--learning_rate=nan", {"learning_rate": "nan"}),
    usage("infinite smoothing", "eval.animate", "--smooth=inf", {"smooth": "inf"}),
    usage("negative validation", "train.gan", "validation_batches", {"validation_batches": -1}),
    bad("determinism under XLA", "train.pretrain", "--deterministic: .*leave --xla out",
        {"deterministic": "true", "xla": "true"}),
    usage("no such split", "eval.visualize", "split.*train", {"split": "dev"}),
    bad("negative width", "train.pretrain", r"width: .*got -1\.0", {"width": -1}),
    bad("negative noise", "train.pretrain", "background_noise", {"background_noise": -1}),
    usage("seed that NumPy does not take", "train.pretrain", "seed", {"seed": 2**32}),
    usage("absurd batch size", "train.gan", "batch_size", {"batch_size": 10**30}),
    usage("absurd validation", "train.pretrain", "validation", {"validation_batches": 10**30}),
    usage("figure without end", "eval.visualize", "examples", {"examples": 10**9}),
    usage("animation of absurd batches", "eval.animate", "batch_size", {"batch_size": 10**9}),
    bad("puppets without end", "data.puppets", "--videos: expected at most", {"videos": 10**30}),
    bad("puppets that leap", "data.puppets", "--frame_step: expected at most",
        {"frame_step": 10**9}),
    bad("puppets of no size", "data.puppets", "--size: expected at least 32", {"size": 1}),
    bad("person of no kind", "data.annotate", "person", {"person": "middle"}),
    usage("port of no machine", "eval.studio", "port", {"port": 65536}),
    bad("host of no machine", "eval.studio", "--host=no host.*: cannot listen",
        {"host": "no host"}),
    bad("photo of a pose without a pose model", "eval.transfer", "--pose_model",
        {"target_joints": "photo.png"}),
    bad("driver without its data set", "eval.animate", "--driver: walk: expected a video file",
        {"data_dir": None}),
    bad("evaluation of a file without an output", "eval.evaluate",
        "--output: required where --run_dir is a file", {"output": None}),
    *(
        bad(f"published recipe without data, {name}", "train.pretrain", "--data_dir is required",
            {"data_dir": None, "flagfile": ROOT / "configs" / f"{name}_pretrain.flags"})
        for name in ("full_body", "upper_body")
    ),
]  # fmt: skip

FOLDERS_AND_FILES = [
    bad("no data", "train.pretrain", "absent.train.frames: no such folder", {"data_dir": "absent"}),
    bad("data of a file", "data.check", "photo.png.*: no such folder", {"data_dir": "photo.png"}),
    bad("data of a file, studio", "eval.studio", "photo.png.*: no such folder",
        {"data_dir": "photo.png"}),
    bad("data of an absurd name", "data.check", "error: a+", {"data_dir": LONG}),
    bad("no frames folder", "train.statistics", "frames: no such folder",
        files={"data/train/frames": None}),
    bad("no split", "eval.visualize", "test.frames: no such folder", files={"data/test": None}),
    bad("no videos", "train.pretrain", "one folder of frames per video",
        files={"data/train/frames/walk": None}),
    bad("no frame", "eval.visualize", "stroll.2.jpg: no such file",
        files={"data/test/frames/stroll/2.jpg": None}),
    bad("no annotation", "train.gan", "walk.mat: no such file", files={MAT: None}),
    bad("annotation of a folder", "data.check", "walk.mat: ", files={MAT: folder}),
    bad("annotation that is a dangling link", "data.check", "walk.mat: ", files={MAT: dangling}),
    bad("frame of a folder", "data.check", "2.jpg: ", files={FRAME: folder}),
    bad("run directory of a file", "train.pretrain", "photo.png: ", {"run_dir": "photo.png"}),
    bad("run directory in a file", "train.gan", "photo.png", {"run_dir": "photo.png/run"}),
    bad("puppets into a file", "data.puppets", "photo.png: is a file", {"output": "photo.png"}),
    bad("puppets into another's folder", "data.puppets", "holds something else",
        {"output": "data"}),
    bad("puppets of a damaged folder", "data.puppets", "puppets.json: not a JSON file",
        files={"new/puppets.json": "{"}),
    bad("export over a folder", "eval.export", "data exists", {"output": "data"}),
    bad("export into a file", "eval.export", "photo.png", {"output": "photo.png/new"}),
    bad("weights over a network", "train.import_weights", "model.keras: exists",
        {"output": "model.keras"}),
    bad("weights of another ending", "train.import_weights", "ends in .keras", {"output": "a.h5"}),
    bad("statistics of another ending", "train.statistics", "ends in .npz", {"output": "a.csv"}),
    bad("statistics into a file", "train.statistics", "photo.png", {"output": "photo.png/a.npz"}),
    bad("picture of no ending", "eval.visualize", "ends in .png", {"output": "figure"}),
    bad("picture over a folder", "eval.transfer", "data.png: cannot be written: it is a folder",
        {"output": "data.png"}, {"data.png": folder}),
    bad("animation of another ending", "eval.animate", "ends in .mp4", {"output": "a.avi"}),
    bad("animation into a file", "eval.animate", "photo.png", {"output": "photo.png/a.gif"}),
    bad("evaluation into a file", "eval.evaluate", "photo.png", {"output": "photo.png"}),
    bad("evaluation of too few videos", "eval.evaluate", "'stroll': too short",
        files={"data/test": None, "data/test/made": lambda path: write_video(
            path.parents[1], "stroll", frames=1, split="test")}),
    bad("picture of a format without colours", "eval.transfer", "a.pbm: expected a file name that",
        {"output": "a.pbm"}),
    bad("sheet of another ending", "data.check", "a.txt: expected a file name that ends in .png",
        {"figure": "a.txt"}),
    bad("figure of another ending", "data.annotate", "a.txt: expected a file name that ends in",
        {"figure": "a.txt"}),
    bad("figure over the photo", "data.annotate", "photo.png: is read", {"figure": "photo.png"}),
    bad("picture over the photo", "eval.transfer", "photo.png: is read: expected another file",
        {"output": "photo.png"}),
    bad("animation over its driver", "eval.animate", "a.gif: is read",
        {"driver": "../root/a.gif", "output": "a.gif"}, {"a.gif": image("gif")}),
    bad("history of text", "train.pretrain", "history.csv: damaged",
        files={"new/history.csv": "step,loss\nabc,1\n"}),
    bad("report of a pipe", "eval.report", "metrics.json: .*not a file",
        files={"evaluation/metrics.json": fifo}),
    bad("report of no evaluation", "eval.report", "metrics.json: "),
    bad("report of an empty file", "eval.report", "metrics.json: ",
        files={"evaluation/metrics.json": b""}),
    bad("report of a deep file", "eval.report", "metrics.json: ",
        files={"evaluation/metrics.json": "[" * 100_000}),
    bad("test videos of a file of bytes", "data.check", "names.txt: cannot be read",
        {**YOUTUBE_FLAGS, "test_videos": "names.txt"}, {"names.txt": b"\xff\xfe"}),
    bad("test videos that name none", "data.check", "expected names of videos",
        {**YOUTUBE_FLAGS, "test_videos": ", ,"}),
    bad("test videos that are not there", "data.check", "no video 'c'",
        {**YOUTUBE_FLAGS, "test_videos": "c"}),
    bad("no pose model", "data.annotate", "pose.task: cannot be read"),
    *(
        bad(f"pose model of text, {program}", program, "pose.task: ",
            {"pose_model": "pose.task", **changed}, {"pose.task": "text"})
        for program, changed in [
            ("data.annotate", {}),
            ("eval.transfer", {"source_joints": None}),
            ("eval.animate", {"source_joints": None}),
            ("eval.studio", {}),
        ]
    ),
    bad("pose model of another archive", "data.annotate", "pose.task: ",
        files={"pose.task": huge_member}),
    bad("photo into a folder", "data.annotate", "expected a .json file", {"output": "new"}),
    bad("pose model of a pipe", "data.annotate", "pose.task: cannot be read: not a file",
        files={"pose.task": fifo}),
    bad("footage of text", "data.annotate", "a.mp4: not one frame can be read",
        {"input": "a.mp4", "output": "new"}, {"a.mp4": "text", "pose.task": b""}),
    bad("footage of an empty folder", "data.annotate", "expected images",
        {"input": "empty", "output": "new"}, {"empty": folder}),
    bad("footage of a name in no encoding", "data.annotate", "expected a path in UTF-8; rename",
        {"input": os.fsdecode(b"caf\xe9.mp4"), "output": "new"},
        {os.fsdecode(b"caf\xe9.mp4"): "text", "pose.task": b""}),
    bad("no footage", "data.annotate", "a.mp4: no such file", {"input": "a.mp4", "output": "new"}),
]  # fmt: skip

PHOTOS = [
    bad("no photo", "eval.transfer", "absent.png: cannot be read", {"source": "absent.png"}),
    bad("photo of an absurd name", "eval.transfer", "a+: File name too long", {"source": LONG}),
    bad("photo of a folder", "eval.transfer", "data: not a file", {"source": "data"}),
    bad("photo that is a pipe", "eval.transfer", "photo.png: not a file",
        files={"photo.png": fifo}),
    bad("photo of no bytes", "eval.transfer", "photo.png: cannot be read",
        files={"photo.png": b""}),
    bad("photo of text", "eval.animate", "photo.png: cannot be read", files={"photo.png": "text"}),
    bad("photo of HTML", "eval.transfer", "photo.png: cannot be read",
        files={"photo.png": "<html>not found</html>"}),
    bad("photo cut off", "eval.transfer", "photo.png: the file is cut off",
        files={"photo.png": cut(0.5)}),
    bad("JPEG frame cut off", "data.check", "2.jpg: the file is cut off", files={FRAME: cut(0.5)}),
    bad("JPEG frame of a head only", "data.check", "2.jpg: ", files={FRAME: cut(0.005)}),
    bad("PNG with a damaged sum", "eval.transfer", "photo.png: cannot be read as an image",
        files={"photo.png": image("png").replace(b"IDAT", b"IDAT\1")}),
    bad("PNG of 30000 x 30000", "eval.transfer", "30000 x 30000 pixels are too many",
        files={"photo.png": png_of_size(30000, 30000)}),
    bad("JPEG of 60000 x 60000", "data.check", "60000 x 60000 pixels are too many",
        files={FRAME: jpeg_of_size(60000, 60000)}),
    bad("frames that a figure lacks", "eval.visualize", r"\d.jpg: 60000 x 60000 pixels",
        files={f"data/test/frames/stroll/{n}.jpg": jpeg_of_size(60000, 60000) for n in (1, 2, 3)}),
    bad("frames that statistics lack", "train.statistics", r"2.jpg: cannot be read as an image",
        files={FRAME: "text"}),
]  # fmt: skip

ANNOTATIONS = [
    bad("mat of version 7.3", "data.check", "walk.mat: MATLAB version 7.3", files={MAT: hdf5}),
    bad("mat of text", "train.pretrain", "walk.mat: expected a MATLAB", files={MAT: "X = 1;"}),
    bad("mat of no bytes", "data.check", "walk.mat: ", files={MAT: b""}),
    bad("mat cut off", "data.check", "walk.mat: ", files={MAT: cut(0.6)}),
    bad("mat of another variable", "data.check", "walk.mat: .*data",
        files={MAT: mat_of_other_name}),
    bad("mat without joints", "data.check", "walk.mat: .*X", files={MAT: mat(X=None)}),
    bad("mat without boxes", "data.check", "walk.mat: .*bbox", files={MAT: mat(bbox=None)}),
    bad("mat of 13 joints", "data.check", r"data\.X: expected shape \(14, 2, frames\)",
        files={MAT: mat(X=np.ones((13, 2, 3)))}),
    bad("mat of fewer boxes", "data.check", r"data\.bbox: expected \(3, 4\), got \(2, 4\)",
        files={MAT: mat(bbox=np.ones((2, 4)))}),
    bad("mat of more frames than there are", "data.check", r"4\.jpg: no such file",
        files={MAT: mat(X=np.ones((14, 2, 4)), bbox=np.ones((4, 4)))}),
    bad("mat of no frames", "data.check", r"data\.X: expected at least one frame",
        files={MAT: mat(X=np.ones((14, 2, 0)), bbox=np.ones((0, 4)))}),
    bad("mat of text for joints", "data.check", "walk.mat: expected .*numeric",
        files={MAT: mat(X="joints")}),
    bad("mat of complex joints", "data.check", "walk.mat: ",
        files={MAT: mat(X=np.ones((14, 2, 3)) * 1j)}),
    bad("mat of cells for joints", "data.check", "walk.mat: ",
        files={MAT: mat(X=np.array([[1, "a"]], object))}),
    bad("mat of NaN everywhere", "train.pretrain", "none of the 3 frames can be used",
        files={MAT: mat(X=np.full((14, 2, 3), np.nan))}),
    bad("mat of infinities", "data.check", "no frame shows a whole limb",
        {"data_dir": "data"}, {"data/test": None, MAT: mat(X=np.full((14, 2, 3), np.inf))}),
    bad("mat of a huge array", "data.check", "walk.mat: ", files={MAT: mat_of_size}),
    bad("mat of cells within cells", "data.check", "walk.mat: ", files={MAT: nested_mat(100_000)}),
    bad("two videos of a name", "data.check", r"data\(2\)\.videoname: 'a' is there twice",
        YOUTUBE_FLAGS, {YOUTUBE: youtube(youtube_video("a"), youtube_video("a"))}),
    bad("video of no name", "data.check", r"data\(1\)\.videoname: expected",
        YOUTUBE_FLAGS, {YOUTUBE: youtube(youtube_video(""), youtube_video("b"))}),
    bad("video whose name leads out", "data.check", r"videoname: '\.\./\.\./data' leads out",
        {**YOUTUBE_FLAGS, "test_videos": "b"},
        {YOUTUBE: youtube(youtube_video("../../data"), youtube_video("b"))}),
    bad("frame ids of another count", "data.check", r"data\(1\)\.frameids: expected one number",
        YOUTUBE_FLAGS,
        {YOUTUBE: youtube(youtube_video("a", frameids=np.ones((1, 2))), youtube_video("b"))}),
    bad("frame ids that are infinite", "data.check", r"data\(1\)\.frameids: expected whole",
        YOUTUBE_FLAGS, {YOUTUBE: youtube(
            youtube_video("a", frameids=np.array([[1.0, np.inf, 3.0]])), youtube_video("b"))}),
    bad("paths of another count", "data.check", r"data\(1\)\.imgPath: expected a cell of 3",
        YOUTUBE_FLAGS, {YOUTUBE: youtube(
            youtube_video("a", imgPath=np.array([["x"]], object)), youtube_video("b"))}),
    bad("YouTube Pose of text", "train.pretrain", "dataset.mat: ", YOUTUBE_FLAGS,
        {YOUTUBE: "text"}),
    bad("JSON of a syntax error", "data.check", "walk.json: not a JSON file", JSON_FLAGS,
        {JSON: "{'joints': []}"}),
    bad("JSON of other bytes", "data.check", "walk.json: not a JSON file", JSON_FLAGS,
        {JSON: b"\xff\xfe{}"}),
    bad("JSON too deep", "data.check", "walk.json: not a JSON file", JSON_FLAGS,
        {JSON: "[" * 100_000}),
    bad("JSON of a name in two lines", "data.check", r"walk.json: joints: expected every name",
        JSON_FLAGS, {JSON: {"joints": ["a\nb", "a\nb"], "frames": [1]}}),
    bad("JSON of an unknown joint", "data.check", r"frames\[0\]\.joints: expected names",
        JSON_FLAGS, {JSON: json_video(joints={"tail": [1, 2]})}),
    bad("JSON of text for a number", "data.check", r"joints\.head: expected \[x, y\]",
        JSON_FLAGS, {JSON: json_video(joints={"head": ["1", 2]})}),
    bad("JSON of an infinite joint", "data.check", r"joints\.head: expected \[x, y\]",
        JSON_FLAGS, {JSON: json_video(joints={"head": [1e999, 2]})}),
    bad("JSON image out of the data", "data.check", r"frames\[0\]\.image: .* leads out of json",
        JSON_FLAGS, {JSON: json_video(image="../../photo.png")}),
    bad("JSON image of an absolute path", "data.check", r"frames\[0\]\.image: .* leads out of",
        JSON_FLAGS, {JSON: json_video(image="/etc/passwd")}),
    bad("JSON image of half a character", "data.check", r"frames\[0\]\.image: .*no such file",
        JSON_FLAGS, {JSON: json_video(image="\ud800.jpg")}),
    bad("JSON of a pipe", "data.check", "walk.json: cannot be read: not a file", JSON_FLAGS,
        {JSON: fifo}),
    bad("JSON image of a folder", "data.check", r"frames\[0\]\.image: .*no such file",
        JSON_FLAGS, {JSON: json_video(image=".")}),
    bad("JSON image of an absurd name", "data.check", r"frames\[0\]\.image: .*no such file",
        JSON_FLAGS, {JSON: json_video(image=LONG)}),
    bad("JSON box of no size", "data.check", r"frames\[0\]\.box: expected", JSON_FLAGS,
        {JSON: json_video(box=[1, 2, 0, 5])}),
    bad("JSON without the model's joints", "eval.visualize", "needs joints that are not",
        {**JSON_FLAGS, "split": "train"}, {JSON: {"joints": ["head"], "frames": [
            {"image": f"walk/{n}.jpg", "joints": {"head": [5, 5]}} for n in range(3)]}}),
]  # fmt: skip

SKELETON_FILES = [
    bad("no skeleton", "train.pretrain", "skeleton.json: cannot be read", SKELETON),
    bad("skeleton of a pipe", "data.check", "skeleton.json: cannot be read: not a file", SKELETON,
        {SKELETON_FILE: fifo}),
    bad("skeleton of an unknown name", "data.check", "skeleton 'octopus'", {"skeleton": "octopus"}),
    *(
        bad(f"skeleton of {name}", "data.check", f"skeleton.json: {message}", SKELETON,
            {SKELETON_FILE: content})
        for name, message, content in [
            ("a syntax error", "not a JSON file", "{"),
            ("too deep nesting", "not a JSON file", "[" * 100_000),
            ("a list", "skeleton: expected a JSON object", []),
            ("a number for its name", ".*name", skeleton(name=5)),
            ("no joints", ".*joints: expected at least one", skeleton(joints=[])),
            ("text for joints", ".*joints: ", skeleton(joints="head")),
            ("numbers for joints", ".*joints: ", skeleton(joints=[1, 2])),
            ("a joint twice", ".*joints: expected head only once",
             skeleton(joints=["head", "neck", "head"])),
            ("no limbs", ".*limbs: expected at least one limb", skeleton(limbs=[])),
            ("a limb of an unknown joint", ".*limbs: arm: ends: expected one of .* 'tail'",
             skeleton(limbs=[{**ARM, "ends": [["head"], ["tail"]]}])),
            ("a limb of one end", ".*limbs: arm: ends: expected two groups",
             skeleton(limbs=[{**ARM, "ends": [["head"]]}])),
            ("a limb of an empty end", ".*limbs: arm: ends: expected a joint at each end",
             skeleton(limbs=[{**ARM, "ends": [["head"], []]}])),
            ("a limb from a joint to itself", ".*limbs: arm: ends: expected head only once",
             skeleton(limbs=[{**ARM, "ends": [["head"], ["head"]]}])),
            ("a limb twice", ".*limbs: expected arm only once", skeleton(limbs=[ARM, ARM])),
            ("a limb of no width", ".*width: expected a positive number",
             skeleton(limbs=[{**ARM, "width": 0}])),
            ("a limb of infinite width", ".*width: expected a positive number",
             skeleton(limbs=[{**ARM, "width": float("inf")}])),
            ("text for a width", ".*width: expected a positive number",
             skeleton(limbs=[{**ARM, "width": "11"}])),
            ("an unknown field", ".*colour", skeleton(limbs=[{**ARM, "colour": 1}])),
            ("a pair twice", ".*mirror: expected head only once",
             skeleton(mirror=[["head", "neck"], ["head", "neck"]])),
            ("a pair of one joint", ".*mirror: ", skeleton(mirror=[["head"]])),
            ("a pair of three joints", ".*mirror: ",
             skeleton(mirror=[["head", "neck", "right_hip"]])),
            ("no measure", ".*size: expected at least one", skeleton(size=[])),
            ("a measure of an unknown joint", ".*segments: expected one of",
             skeleton(size=[{"factor": 2, "segments": [["head", "tail"]]}])),
            ("a segment of one joint", ".*segments: ",
             skeleton(size=[{"factor": 2, "segments": [["head"]]}])),
            ("a measure along z", '.*along: expected "distance" or "y"',
             skeleton(size=[{"factor": 2, "segments": [["head", "neck"]], "along": "z"}])),
            ("a field missing", ".*field 'mirror' is missing",
             {k: v for k, v in skeleton().items() if k != "mirror"}),
        ]
    ),
]  # fmt: skip

MODELS = [
    bad("no model, studio", "eval.studio", "absent.keras: expected a run",
        {"model": "absent.keras"}),
    bad("no model", "eval.transfer", "absent.keras: expected a run dir", {"model": "absent.keras"}),
    bad("model of a folder without one", "eval.visualize", "data.generator.keras: no such file",
        {"run_dir": "data"}),
    bad("model of another ending", "eval.transfer", "photo.png: expected a run directory",
        {"model": "photo.png"}),
    *(
        bad(f"model {name}", program, f"model.keras: {message}", {}, {"model.keras": content})
        for name, program, message, content in [
            ("of text", "eval.transfer", "", "text"),
            ("of no bytes", "train.gan", "", b""),
            ("of another archive", "eval.transfer", "", huge_member),
            ("cut off", "eval.animate", "", cut(0.5)),
            ("with files to extract", "eval.transfer", ".*model.weights.h5 alone",
             archive(lambda members: members.update({"assets/../../escaped": b"x"}))),
            ("of a dense layer", "eval.export", "expected a generator", dense_model),
            ("of a Lambda layer", "eval.transfer", "expected a generator", lambda_model),
            ("that is a discriminator", "eval.visualize", "expected a generator",
             network(Discriminator)),
            ("without weights", "eval.transfer", "", archive(without_weights)),
            ("of cut off weights", "eval.transfer", "", archive(cut_weights)),
            ("of another width", "eval.transfer", "",
             config(lambda fields, _: fields.update(width=0.1))),
            ("of an absurd width", "eval.transfer", "", config(lambda f, _: f.update(width=16))),
            ("of text for its width", "eval.transfer", ".*width",
             config(lambda fields, _: fields.update(width="wide"))),
            ("of an absurd size", "eval.transfer", ".*image_size",
             config(lambda fields, _: fields.update(image_size=2**31))),
            ("of a size of no integer", "eval.transfer", ".*image_size",
             config(lambda fields, _: fields.update(image_size=64.0))),
            ("of another skeleton by hand", "eval.transfer", "",
             config(lambda fields, _: fields.update(skeleton=UPPER_BODY.to_dict()))),
            ("of an unknown joint", "eval.transfer", ".*limbs: head: ends",
             config(lambda fields, _: fields["skeleton"]["joints"].__setitem__(0, "top"))),
            ("of a field of a newer version", "eval.transfer", ".*depth",
             config(lambda fields, _: fields.update(depth=7))),
            ("of a class of a newer version", "eval.transfer", "expected a generator",
             config(lambda _, whole: whole.update(
                 class_name="Transformer", registered_name="posewarp>Transformer"))),
            ("of a module to import", "eval.transfer", "expected a generator",
             config(lambda _, whole: whole.update(
                 module="os", class_name="system", registered_name=None))),
        ]
    ),
    bad("baseline that is a generator", "eval.evaluate", "expected a plain U-Net",
        {"unet_run_dir": "model.keras"}),
    bad("baseline of another size", "eval.evaluate", "unet.keras: expected skeleton .*64 px",
        {"unet_run_dir": "unet.keras"},
        {"unet.keras": network(PlainUNet, ModelConfig(FULL_BODY, 96, 0.05))}),
    bad("layers of a baseline", "eval.visualize", "--layers: ",
        {"run_dir": "unet.keras", "layers": "true"}, {"unet.keras": network(PlainUNet)}),
    bad("model of joints that the data lack", "eval.visualize", "needs joints .*: tail",
        {}, {"model.keras": network(Generator, ModelConfig.from_dict({
            "skeleton": skeleton(joints=[*FULL_BODY.joints, "tail"]),
            "image_size": 64, "width": 0.05}))}),
    bad("published weights that are absent", "train.import_weights", "weights.h5: no such file"),
    bad("published weights of text", "train.import_weights", "weights.h5: cannot be read",
        files={"weights.h5": "text"}),
    bad("published weights of no layer", "train.import_weights", "weights.h5: expected weights",
        files={"weights.h5": lambda path: h5py.File(path, "w").close()}),
    bad("VGG weights that are absent", "train.pretrain", "absent.h5", {"vgg_weights": "absent.h5"}),
    bad("VGG weights that cannot be downloaded", "train.pretrain",
        "VGG weights imagenet: cannot be downloaded", {"vgg_weights": "imagenet"}),
    bad("VGG weights of text", "train.statistics", "vgg.h5", {"vgg_weights": "vgg.h5"},
        {"vgg.h5": "text"}),
    bad("VGG weights of a network", "train.statistics", "model.keras.*signature",
        {"vgg_weights": "model.keras"}),
    bad("VGG statistics of text", "train.pretrain", "a.npz: ", {"vgg_statistics": "a.npz"},
        {"a.npz": "text"}),
    bad("VGG statistics of other arrays", "train.pretrain", "a.npz: ", {"vgg_statistics": "a.npz"},
        {"a.npz": statistics(mean=np.zeros(3))}),
    bad("VGG statistics of objects", "train.pretrain", "a.npz: ", {"vgg_statistics": "a.npz"},
        {"a.npz": statistics(block1_conv1_mean=np.array([{}], object))}),
    bad("VGG statistics of text in a mat", "train.gan", "a.mat: ", {"vgg_statistics": "a.mat"},
        {"a.mat": "text"}),
]  # fmt: skip

JOINTS_FILES = [
    bad("no joints", "eval.transfer", "absent.json: cannot be read",
        {"source_joints": "absent.json"}),
    bad("joints of a folder", "eval.transfer", "data: cannot be read", {"target_joints": "data"}),
    bad("joints of a pipe", "eval.transfer", "source.json: cannot be read: not a file",
        files={POSE: fifo}),
    bad("joints of no file", "eval.transfer", "--source_joints is required",
        {"source_joints": None}),
    *(
        bad(f"joints of {name}", "eval.transfer", f"source.json: {message}", {}, {POSE: content})
        for name, message, content in [
            ("a syntax error", "not a JSON file", "{"),
            ("no bytes", "not a JSON file", b""),
            ("other bytes", "not a JSON file", b"\xff\xfe\0"),
            ("too deep nesting", "not a JSON file", "[" * 100_000),
            ("a list", "expected an object", []),
            ("a misspelt joint", "expected every joint.*absent: head", joints_file().replace(
                '"head"', '"haed"')),
            ("text for numbers", "head: expected", joints_file(head=["1", "2"])),
            ("booleans for numbers", "head: expected", joints_file(head=[True, 2])),
            ("three numbers", "head: expected", joints_file(head=[1, 2, 3])),
            ("infinities", "head: expected", joints_file(head=[1e999, 2])),
            ("a huge integer", "head: expected", joints_file(head=[10**400, 2])),
        ]
    ),
    bad("joints all missing", "eval.transfer", "source_joints: expected all joints of one limb",
        files={POSE: json.dumps(dict.fromkeys(FULL_BODY.joints))}),
    bad("joints outside the photo", "eval.transfer", "target_joints: expected all joints of one",
        files={"target.json": json.dumps({name: [1e30, 5] for name in FULL_BODY.joints})}),
    bad("joints of one place", "eval.transfer", "size cannot be measured",
        files={name: json.dumps({joint: [5, 5] for joint in FULL_BODY.joints})
               for name in (POSE, "target.json")}),
    bad("no driver", "eval.animate", "no such video", {"driver": "run"}),
    bad("driver of an absent file", "eval.animate", "d.json: cannot be read", {"driver": "d.json"}),
    bad("driver of no poses", "eval.animate", "d.json: expected a list of poses",
        {"driver": "d.json"}, {"d.json": []}),
    bad("driver of an unknown joint", "eval.animate", "d.json: pose 1: expected every joint",
        {"driver": "d.json"}, {"d.json": [{"tail": [1, 2]}]}),
    bad("driver far outside", "eval.animate", "no joint of any pose is within the photo",
        {"driver": "d.json", "retarget": "none"},
        {"d.json": [{name: [1e9, 5] for name in FULL_BODY.joints}]}),
    bad("frame of no video", "eval.transfer", "run: no such video: .* has walk",
        {"target_joints": "run:1", "data_dir": "data"}),
    bad("frame that the video lacks", "eval.transfer", "expected a frame number from 1 to 3",
        {"target_joints": "walk:9", "data_dir": "data"}),
    bad("frame of an absurd number", "eval.transfer", "walk:9+: cannot be read",
        {"target_joints": "walk:" + "9" * 5000, "data_dir": "data"}),
    bad("pose that cannot be fitted", "eval.transfer", "cannot be fitted",
        {"retarget": "bones"},
        {"target.json": json.dumps({name: [5, 5] for name in FULL_BODY.joints})}),
]  # fmt: skip


@pytest.mark.parametrize(
    "row",
    COMMAND_LINES
    + FOLDERS_AND_FILES
    + PHOTOS
    + ANNOTATIONS
    + SKELETON_FILES
    + MODELS
    + JOINTS_FILES,
)
def test_bad_input_is_one_line_and_nothing_is_written(row, given, tmp_path):
    root = tmp_path / "root"
    shutil.copytree(given, root)
    write_files(root, row.files)
    before = tree(root)
    done = run(row.program, [*command_line(row.program, row.flags), *row.more], root)
    assert re.search(row.message, done.stderr), done.stderr
    assert done.stderr.startswith("error: "), done.stderr
    assert done.stderr.count("\n") == 1 and done.stderr.endswith("\n"), done.stderr
    assert done.returncode == row.status
    assert tree(root) == before


ODD_NAMES = [
    "two words",
    "it's",
    '"quoted"',
    "100%",
    "%s%d{}",
    "Ünïcödé 影",
    "two\nlines",
    "..5",
    "-x",
]
"""Of videos and files."""


def videos(*names):
    return lambda path: [write_video(path, name) for name in names]


def video_in_latin_1(path):
    write_video(path, "cafe")
    for folder, name in (("frames", "cafe"), ("info", "cafe.mat")):
        parent = path / "train" / folder
        (parent / name).rename(parent / os.fsdecode(name.encode().replace(b"e", b"\xe9", 1)))


def frames(*modes):
    """The frames of the JSON video, in other kinds of images."""
    kinds = {"CMYK": "jpeg", "P": "gif"}
    return {
        f"json/train/walk/{number}.jpg": image(kinds.get(mode, "png"), mode)
        for number, mode in enumerate(modes)
    }


@pytest.mark.parametrize(
    ("program", "shown", "flags", "files"),
    [
        ("data.check", ODD_NAMES, {}, {"data": videos(*ODD_NAMES)}),
        ("data.check", [r"caf\udce9"], {"figure": "new.png"}, {"data": video_in_latin_1}),
        ("data.check", ["3 frames"], JSON_FLAGS, frames("L", "RGBA", "CMYK")),
        ("data.check", ["3 frames"], JSON_FLAGS, frames("I;16", "P", "LA")),
        (
            "eval.visualize",
            ["6 examples of json"],
            {**JSON_FLAGS, "split": "train", "output": "new 100% 影\n'.png"},
            frames("I;16", "RGBA", "CMYK"),
        ),
        (
            "eval.animate",
            ["3 frames"],
            {"driver": "it's 100%", "output": "new 影.gif"},
            {"data": videos("it's 100%")},
        ),
    ],
)
def test_what_is_odd_but_right_is_taken(program, shown, flags, files, given, tmp_path):
    root = tmp_path / "root"
    shutil.copytree(given, root)
    write_files(root, files)
    done = run(program, command_line(program, flags), root)
    assert (done.returncode, done.stderr) == (0, "")
    assert all(text in done.stdout for text in shown), done.stdout
    assert "output" not in flags or (root / flags["output"]).is_file()
