"""What every program does with input that cannot be used: one line, its status, nothing written.

A row is a command line of a program that works, and what is changed of its flags and files.
"""

import functools
import hashlib
import io
import json
import os
import re
import shutil
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import keras
import numpy as np
import pytest
import scipy.io
from annotated_layouts import json_video, write_json_video, write_youtube_pose, youtube_video
from archives import change_archive
from PIL import Image
from programs import Program
from published_layout import standing_person, write_video

from posewarp.networks import Discriminator, Generator, ModelConfig, PlainUNet
from posewarp.saving import save_network
from posewarp.skeleton import FULL_BODY

SMALL = {"batch_size": 2, "vgg_weights": "random", "xla": "false", "steps": 1}
FLAGS = {
    "data.check": {"data_dir": "data"},
    "data.people": {"output": "new", "videos": 1, "test_videos": 0, "frames": 2, "size": 32},
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


def pose(**changed):
    points = dict(zip(FULL_BODY.joints, standing_person(1)[0].tolist(), strict=True))
    return {**points, **changed}


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


def bad(name, *args, **kwargs):
    return pytest.param(Row(*args, **kwargs), id=name)


usage = functools.partial(bad, status=2)


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
    write_files(folder, {"source.json": pose(), "target.json": pose()})
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
    """What a folder holds, by path: kind and content."""
    found = {}
    for path in sorted(folder.rglob("*")):
        content = os.readlink(path) if path.is_symlink() else ""
        if path.is_file():
            content = hashlib.sha256(path.read_bytes()).hexdigest()
        found[str(path.relative_to(folder))] = (path.lstat().st_mode, content)
    return found


# What stands in for a file.


def fifo(path):
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def cut(keep):
    """Cuts a file off after a share of its bytes."""
    return lambda path: path.write_bytes(path.read_bytes()[: int(path.stat().st_size * keep)])


def image(kind, mode="RGB"):
    data = io.BytesIO()
    Image.new(mode, (320, 300)).save(data, kind)
    return data.getvalue()


def png_of_size(width, height):
    """A small PNG file whose head says that it is larger."""
    data = image("png")
    head = b"IHDR" + struct.pack(">II", width, height) + data[24:29]
    return data[:12] + head + struct.pack(">I", zlib.crc32(head)) + data[33:]


def mat(**changed):
    """The annotation of `walk`, with other joints, frames or fields."""
    return lambda path: write_video(path.parents[2], **changed)


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


def json_of(image):
    """A video of one joint in one frame."""
    return json_video(["head"], standing_person(1)[:, :1], [image])


def network(kind):
    return lambda path: kind(ModelConfig(FULL_BODY, 64, 0.05)).save(path)


def lambda_model(path):
    inputs = keras.Input((2,))
    layer = keras.layers.Lambda(lambda x: x + 1, output_shape=(2,))
    keras.Model(inputs, layer(inputs)).save(path)


def archive(change):
    return lambda path: change_archive(path, change)


def config(**changed):
    """Changes the model configuration in a .keras file."""

    def edit(members):
        fields = json.loads(members["config.json"])
        fields["config"]["config"].update(changed)
        members["config.json"] = json.dumps(fields).encode()

    return archive(edit)


FRAME = "data/train/frames/walk/2.jpg"
MAT = "data/train/info/walk.mat"
YOUTUBE = "youtube/YouTube_Pose_dataset.mat"
YOUTUBE_FLAGS = {"dataset": "youtube_pose", "data_dir": "youtube", "test_videos": "b"}
JSON = "json/train/walk.json"
JSON_FLAGS = {"dataset": "json", "data_dir": "json"}
SKELETON = {"skeleton": "skeleton.json"}
UNFOUND = {"source_joints": None, "pose_model": "absent.task"}
"""The photo's joints would have to be found: what is bad is refused before."""
LONG = "a" * 5000

ROWS = [
    # Command lines.
    usage("unknown flag", "data.check", "Unknown command line flag 'data_dri'", {"data_dri": "x"}),
    usage("text for a number", "train.pretrain", "--steps=many", {"steps": "many"}),
    usage("no such choice", "eval.export", "format.*saved_model", {"format": "pdf"}),
    usage("no flagfile", "data.check", "absent.flags", {"flagfile": "absent.flags"}),
    usage("flagfile of bytes", "data.check", "a.flags", {"flagfile": "a.flags"},
        {"a.flags": b"\xff\xfe--data_dir"}),
    usage("flagfile with an argument", "data.check", "unexpected argument 'data'",
        {"flagfile": "a.flags"}, {"a.flags": "data\n"}),
    usage("recursive flagfile", "data.check", "a.flags", {"flagfile": "a.flags"},
        {"a.flags": "--flagfile=b.flags\n", "b.flags": "--flagfile=a.flags\n"}),
    bad("required flag absent", "eval.transfer", "--output is required: Image", {"output": None}),
    bad("required flag empty", "train.gan", "--start is required", {"generator": ""}),
    bad("outputs that are one file", "eval.transfer", "expected different files",
        {"figure": "new/../new/out.png"}),
    bad("published data with test videos", "data.check", "--test_videos", {"test_videos": "walk"}),
    bad("absurd image size", "train.pretrain", "image_size: .*got 320000", {"image_size": 320000}),
    usage("infinite width", "train.pretrain", "--width=inf: .*finite", {"width": "inf"}),
    bad("determinism under XLA", "train.pretrain", "--deterministic: .*leave --xla out",
        {"deterministic": "true", "xla": "true"}),
    usage("seed that NumPy does not take", "train.pretrain", "seed", {"seed": 2**32}),
    usage("absurd batch size", "train.gan", "batch_size", {"batch_size": 10**30}),
    usage("figure without end", "eval.visualize", "examples", {"examples": 10**9}),
    usage("people without end", "data.people", "videos", {"videos": 10**30}),
    bad("person of no kind", "data.annotate", "person", {"person": "middle"}),
    usage("port of no machine", "eval.studio", "port", {"port": 65536}),
    bad("host of no machine", "eval.studio", "--host=no host.*: cannot listen",
        {"host": "no host"}),
    bad("driver without its data set", "eval.animate", "--driver: walk: expected a video file",
        {"data_dir": None}),
    bad("evaluation of a file without an output", "eval.evaluate",
        "--output: required where --model is a file", {"output": None}),
    bad("pose of no kind of person", "eval.transfer", "--target_person: expected largest, left",
        {"target_person": "middle"}),
    # Folders and files.
    bad("no data", "train.pretrain", "absent: no such folder", {"data_dir": "absent"}),
    bad("data of an absurd name", "data.check", "error: a+", {"data_dir": LONG}),
    bad("no split", "eval.evaluate", "test.frames: no such folder", files={"data/test": None}),
    bad("no annotation", "train.gan", "walk.mat: no such file", files={MAT: None}),
    bad("run directory of a file", "train.pretrain", "photo.png: ", {"run_dir": "photo.png"}),
    bad("people into another's folder", "data.people", "holds something else",
        {"output": "data"}),
    bad("export over a folder", "eval.export", "data exists", {"output": "data"}),
    bad("weights of another ending", "train.import_weights", "ends in .keras", {"output": "a.h5"}),
    bad("statistics of another ending", "train.statistics", "ends in .npz", {"output": "a.csv"}),
    bad("statistics into a file", "train.statistics", "photo.png", {"output": "photo.png/a.npz"}),
    bad("picture of no ending", "eval.visualize", "ends in .png", {"output": "figure"}),
    bad("picture over a folder", "eval.transfer", "data.png: cannot be written: it is a folder",
        {"output": "data.png"}, {"data.png": Path.mkdir}),
    bad("animation of another ending", "eval.animate", "ends in .mp4", {"output": "a.avi"}),
    bad("picture of a format without colours", "eval.transfer", "a.pbm: expected a file name that",
        {"output": "a.pbm"}),
    bad("figure over the photo", "data.annotate", "photo.png: is read", {"figure": "photo.png"}),
    bad("picture over the photo", "eval.transfer", "photo.png: is read: expected another file",
        {"output": "photo.png"}),
    bad("animation over its driver", "eval.animate", "a.gif: is read",
        {"driver": "data/../a.gif", "output": "a.gif"}, {"a.gif": image("gif")}),
    bad("history of text", "train.pretrain", "history.csv: damaged",
        files={"new/history.csv": "step,loss\nabc,1\n"}),
    bad("no pose model", "data.annotate", "pose.task: cannot be read"),
    bad("pose model of a pipe", "data.annotate", "pose.task: cannot be read: not a file",
        files={"pose.task": fifo}),
    bad("pose model of text", "eval.transfer", "pose.task: ",
        {"source_joints": None, "pose_model": "pose.task"}, {"pose.task": "text"}),
    bad("photo into a folder", "data.annotate", "expected a .json file", {"output": "new"}),
    bad("footage of text", "data.annotate", "a.mp4: not one frame can be read",
        {"input": "a.mp4", "output": "new"}, {"a.mp4": "text", "pose.task": b""}),
    # Photos and frames.
    bad("photo of an absurd name", "eval.transfer", "a+: File name too long", {"source": LONG}),
    bad("photo of an iPhone", "eval.transfer", "me.heic: HEIC .* convert it to JPEG or PNG",
        {"source": "me.heic"}, {"me.heic": b"\0\0\0\x24ftypheic"}),
    bad("video in place of a pose", "eval.transfer", "a.mp4: .* are for eval.animate --driver",
        {**UNFOUND, "target_joints": "a.mp4"}, {"a.mp4": "text"}),
    bad("photo that is a pipe", "eval.transfer", "photo.png: not a file",
        files={"photo.png": fifo}),
    bad("frame cut off", "data.check", "2.jpg: the file is cut off", files={FRAME: cut(0.5)}),
    bad("PNG of 30000 x 30000", "eval.transfer", "30000 x 30000 pixels are too many",
        files={"photo.png": png_of_size(30000, 30000)}),
    bad("frames that statistics lack", "train.statistics", r"2.jpg: cannot be read as an image",
        files={FRAME: "text"}),
    # Annotations.
    bad("mat of one frame", "data.check", "'walk': too short for a pair",
        files={MAT: mat(frames=1)}),
    bad("mat of no frames", "data.check", r"data\.X: expected at least one frame",
        files={MAT: mat(X=np.ones((14, 2, 0)), bbox=np.ones((0, 4)))}),
    bad("mat of complex joints", "data.check", "walk.mat: .*real numbers, got complex",
        files={MAT: mat(X=np.ones((14, 2, 3)) * 1j)}),
    bad("mat of NaN everywhere", "train.pretrain", "none of the 3 frames can be used",
        files={MAT: mat(joints=np.full((3, 14, 2), np.nan))}),
    bad("mat of infinities", "data.check", "no frame shows a whole limb",
        files={"data/test": None, MAT: mat(joints=np.full((3, 14, 2), np.inf))}),
    bad("mat of a huge array", "data.check", "walk.mat: .*an array of .* has",
        files={MAT: mat_of_size}),
    bad("mat of cells within cells", "data.check", "walk.mat: .*arrays lie within arrays",
        files={MAT: nested_mat(100_000)}),
    bad("video whose name leads out", "data.check", r"videoname: '\.\./\.\./data' leads out",
        YOUTUBE_FLAGS, {YOUTUBE: youtube(youtube_video("../../data"), youtube_video("b"))}),
    bad("JSON image out of the data", "data.check", r"frames\[0\]\.image: .* leads out of json",
        JSON_FLAGS, {JSON: json_of("../../photo.png")}),
    bad("JSON image of half a character", "data.check", r"frames\[0\]\.image: .*no such file",
        JSON_FLAGS, {JSON: json_of("\ud800.jpg")}),
    bad("JSON without the model's joints", "eval.visualize", "needs joints that are not",
        {**JSON_FLAGS, "split": "train"}, {JSON: json_of("walk/0.jpg")}),
    # Skeletons.
    bad("no skeleton", "train.pretrain", "skeleton.json: cannot be read", SKELETON),
    # Networks and their weights.
    bad("start from no network", "train.pretrain", "photo.png: expected upper_body, full",
        {"start": "photo.png"}),
    bad("start from another width", "train.pretrain", "--start=model.keras: is of .*--width=0.05",
        {"start": "model.keras", "width": 0.1}),
    *(
        bad(f"model {name}", program, f"model.keras: {message}", {}, {"model.keras": content})
        for name, program, message, content in [
            ("cut off", "train.gan", "cannot be loaded as a model", cut(0.5)),
            ("with files to extract", "eval.transfer", ".*model.weights.h5 alone",
             archive(lambda members: members.update({"assets/../../escaped": b"x"}))),
            ("of an endless description", "eval.transfer", "config.json: expected at most",
             archive(lambda members: members.update({"config.json": b" " * 2**21}))),
            ("of a Lambda layer", "eval.export", "expected a generator", lambda_model),
            ("that is a discriminator", "eval.visualize", "expected a generator",
             network(Discriminator)),
            ("of a module to import", "eval.transfer", "expected a generator, got a system",
             archive(lambda members: members.update({"config.json": json.dumps(
                 {"module": "os", "class_name": "system", "registered_name": None}).encode()}))),
            ("of another width", "eval.transfer", "cannot be loaded", config(width=0.1)),
            ("of an absurd width", "eval.transfer", "width: 16 does not fit", config(width=16)),
            ("of a size of no integer", "eval.transfer", ".*image_size", config(image_size=64.0)),
            ("of an unknown joint", "eval.transfer", ".*limbs: head: ends",
             config(skeleton={**FULL_BODY.to_dict(), "joints": ["top", *FULL_BODY.joints[1:]]})),
            ("of a field of a newer version", "eval.transfer", ".*depth", config(depth=7)),
        ]
    ),
    bad("layers of a baseline", "eval.visualize", "--layers: ",
        {"run_dir": "unet.keras", "layers": "true"}, {"unet.keras": network(PlainUNet)}),
    bad("VGG weights that cannot be downloaded", "train.pretrain",
        "VGG weights imagenet: cannot be downloaded", {"vgg_weights": "imagenet"}),
    bad("VGG statistics of objects", "train.pretrain",
        "a.npz: not a file of VGG statistics.*allow_pickle", {"vgg_statistics": "a.npz"},
        {"a.npz": lambda path: np.savez(path, block1_conv1_mean=np.array([{}], object))}),
    # Joints.
    bad("joints of three numbers", "eval.transfer", "source.json: head: expected",
        files={"source.json": pose(head=[1, 2, 3])}),
    bad("no driver", "eval.animate", "no such video: .* has walk", {**UNFOUND, "driver": "run"}),
    bad("driver far outside", "eval.animate", "no joint of any pose is within the photo",
        {"driver": "d.json", "retarget": "none"},
        {"d.json": [{name: [1e9, 5] for name in FULL_BODY.joints}]}),
    bad("frame that the video lacks", "eval.transfer", "expected a frame number from 1 to 3",
        {"target_joints": "walk:9", "data_dir": "data"}),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS)
def test_bad_input_is_one_line_and_nothing_is_written(row, given, tmp_path):
    root = tmp_path / "root"
    shutil.copytree(given, root)
    write_files(root, row.files)
    before = tree(root)
    done = run(row.program, command_line(row.program, row.flags), root)
    assert re.search(row.message, done.stderr), done.stderr
    assert done.stderr.startswith("error: "), done.stderr
    assert done.stderr.count("\n") == 1 and done.stderr.endswith("\n"), done.stderr
    assert done.returncode == row.status
    assert tree(root) == before


NAMES = ["two words", "it's", '"quoted"', "100%", "%s%d{}", "Ünïcödé 影", "two\nlines", "..5", "-x"]
"""Odd ones of videos and files."""


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
        ("data.check", NAMES, {}, {"data": videos(*NAMES)}),
        ("data.check", [r"caf\udce9"], {"figure": "new.png"}, {"data": video_in_latin_1}),
        ("data.check", ["3 frames"], JSON_FLAGS, frames("L", "P", "LA")),
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
