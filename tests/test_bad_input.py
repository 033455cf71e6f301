"""What every program does with input that cannot be used: one line, its status, nothing written.

A row is a command line of a program that works, and what is changed of its flags and files.
"""

import functools
import json
import os
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import cv2
import keras
import numpy as np
import pytest
import scipy.io
from annotated_layouts import json_video, write_json_video
from archives import change_archive
from PIL import Image
from programs import Program
from published_layout import standing_person, write_video

from posewarp.networks import Discriminator, Generator, ModelConfig, PlainUNet
from posewarp.saving import save_network
from posewarp.skeleton import FULL_BODY

CONFIG = ModelConfig(FULL_BODY, 64, 0.05)
TRAINING = {"data_dir": "data", "run_dir": "new", "vgg_weights": "random"}
TRAINING |= {"batch_size": 2, "xla": "false", "steps": 1}
PHOTO = {"model": "model.keras", "source": "photo.png", "source_joints": "source.json"}
PAIRS = {"run_dir": "model.keras", "data_dir": "data"}
FLAGS = {
    "data.check": {"data_dir": "data"},
    "data.people": {"output": "new", "videos": 1, "test_videos": 0, "frames": 2, "size": 32},
    "data.annotate": {"input": "photo.png", "output": "me.json", "pose_model": "pose.task"},
    "train.pretrain": {**TRAINING, "image_size": 64, "width": 0.05},
    "train.gan": {**TRAINING, "generator": "model.keras"},
    "train.statistics": {"data_dir": "data", "output": "new.npz", "vgg_weights": "random"},
    "train.import_weights": {"weights": "weights.h5", "output": "new.keras"},
    "eval.transfer": {**PHOTO, "target_joints": "target.json", "output": "new/out.png"},
    "eval.animate": {**PHOTO, "data_dir": "data", "driver": "walk", "output": "new/out.gif"},
    "eval.visualize": {**PAIRS, "output": "new/figure.png"},
    "eval.evaluate": {**PAIRS, "output": "new", "pairs": 2, "vgg_weights": "none"},
    "eval.export": {"model": "model.keras", "output": "new"},
    "eval.studio": {"model": "model.keras", "browser": "false", "port": 0},
}
"""A command line of every program that can be used, but for what `given` lacks."""


def bad(name, program, message, flags=(), files=(), status=1):
    """A command line that cannot be used.

    `message` is looked for in stderr. Of `flags`, None takes one away; of `files`, too. A file
    is text, bytes, what becomes JSON, or a function that is given its path.
    """
    return pytest.param(program, message, dict(flags), dict(files), status, id=name)


usage = functools.partial(bad, status=2)


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """The files that every row begins with."""
    folder = tmp_path_factory.mktemp("given")
    write_video(folder / "data", "walk")
    write_video(folder / "data", "stroll", split="test")
    write_json_video(folder / "json")
    save_network(Generator(CONFIG), folder / "model.keras")
    cv2.imwrite(str(folder / "photo.png"), np.full((300, 320, 3), 90, "uint8"))
    pose = dict(zip(FULL_BODY.joints, standing_person(1)[0].tolist(), strict=True))
    write_files(folder, {"source.json": pose, "target.json": pose})
    return folder


@pytest.fixture
def run(given, tmp_path):
    """Runs a program in a folder of changed files: the folder, what it held before, the run.

    The program may take a minute of a processor and a GiB of memory.
    """

    def run_program(program, flags, files):
        root = tmp_path / "root"
        shutil.copytree(given, root)
        write_files(root, files)
        flags = {**FLAGS[program], **flags}
        arguments = [f"--{name}={value}" for name, value in flags.items() if value is not None]
        before = tree(root)
        done = Program(program, arguments, root, most=(60, 2**30))
        done.start()
        return root, before, done.wait()

    return run_program


def write_files(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        elif isinstance(content, Callable):
            content(path)
        elif isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content))


def tree(folder):
    """What a folder holds, by path: kind and content."""
    return {
        path.relative_to(folder): (path.lstat().st_mode, path.is_file() and hash(path.read_bytes()))
        for path in folder.rglob("*")
    }


# What stands in for a file.


def cut(keep):
    """Cuts a file off after a share of its bytes."""
    return lambda path: path.write_bytes(path.read_bytes()[: int(path.stat().st_size * keep)])


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


def nested_mat(path, depth=100_000):
    """A .mat file of cells within cells."""
    head = struct.pack("<IIII", 6, 8, 1, 0) + struct.pack("<IIii", 5, 8, 1, 1)
    head += struct.pack("<II", 1, 4) + b"data\0\0\0\0"
    sizes = ((len(head) + 8) * level for level in range(depth, 0, -1))
    array = b"".join(struct.pack("<II", 14, size) + head for size in sizes)
    array += struct.pack("<II", 14, 0)
    path.write_bytes(b"MATLAB 5.0 MAT-file".ljust(124) + b"\0\1IM" + array)


def network(kind):
    return lambda path: kind(CONFIG).save(path)


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
FLAGFILE = {"flagfile": "a.flags"}
JSON_FLAGS = {"dataset": "json", "data_dir": "json"}
UNFOUND = {"source_joints": None, "pose_model": "absent.task"}
"""The photo's joints would have to be found: what is bad is refused before."""

ROWS = [
    # Command lines.
    usage("unknown flag", "data.check", "Unknown command line flag 'data_dri'", {"data_dri": "x"}),
    usage("no flagfile", "data.check", "a.flags", FLAGFILE),
    usage("flagfile of bytes", "data.check", "a.flags", FLAGFILE, {"a.flags": b"\xff\xfe--x"}),
    usage("flagfile of an argument", "data.check", "argument 'x'", FLAGFILE, {"a.flags": "x\n"}),
    usage("endless flagfile", "data.check", "a.flags", FLAGFILE, {"a.flags": "--flagfile=a.flags"}),
    bad("required flag empty", "train.gan", "--start is required", {"generator": ""}),
    usage("infinite width", "train.pretrain", "--width=inf: .*finite", {"width": "inf"}),
    bad("determinism under XLA", "train.pretrain", "--xla", {"deterministic": True, "xla": True}),
    usage("seed that NumPy does not take", "train.pretrain", "seed", {"seed": 2**32}),
    usage("absurd batch size", "train.gan", "batch_size", {"batch_size": 10**30}),
    usage("figure without end", "eval.visualize", "examples", {"examples": 10**9}),
    usage("people without end", "data.people", "videos", {"videos": 10**30}),
    usage("port of no machine", "eval.studio", "port", {"port": 65536}),
    bad("host of no machine", "eval.studio", "--host=no host.*: cannot", {"host": "no host"}),
    bad("driver without its data set", "eval.animate", "--driver: walk", {"data_dir": None}),
    bad("evaluation of a file", "eval.evaluate", "--output: required", {"output": None}),
    bad("pose of no person", "eval.transfer", "--target_person", {"target_person": "middle"}),
    # Folders and files.
    bad("no data", "train.pretrain", "absent: no such folder", {"data_dir": "absent"}),
    bad("no split", "eval.evaluate", "test.frames: no such folder", files={"data/test": None}),
    bad("export over a folder", "eval.export", "data exists", {"output": "data"}),
    bad("weights of another ending", "train.import_weights", "ends in .keras", {"output": "a.h5"}),
    bad("statistics of another ending", "train.statistics", "ends in .npz", {"output": "a.csv"}),
    bad("statistics into a file", "train.statistics", "photo.png", {"output": "photo.png/a.npz"}),
    bad("picture over a folder", "eval.transfer", "data.png: cannot be written: it is a folder",
        {"output": "data.png"}, {"data.png": Path.mkdir}),
    bad("picture without colours", "eval.transfer", "a.pbm: expected", {"output": "a.pbm"}),
    bad("figure over the photo", "data.annotate", "photo.png: is read", {"figure": "photo.png"}),
    bad("picture over the photo", "eval.transfer", "photo.png: is read", {"output": "photo.png"}),
    bad("animation over its driver", "eval.animate", "a.gif: is read",
        {"driver": "data/../a.gif", "output": "a.gif"}, {"a.gif": b"GIF89a"}),
    bad("no pose model", "data.annotate", "pose.task: cannot be read"),
    bad("photo into a folder", "data.annotate", "expected a .json file", {"output": "new"}),
    # Photos and frames.
    bad("photo of an absurd name", "eval.transfer", "a+: File name", {"source": "a" * 5000}),
    bad("photo of an iPhone", "eval.transfer", "me.heic: HEIC .* convert it to JPEG or PNG",
        {"source": "me.heic"}, {"me.heic": b"\0\0\0\x24ftypheic"}),
    bad("video in place of a pose", "eval.transfer", "a.mp4: .* are for eval.animate --driver",
        {**UNFOUND, "target_joints": "a.mp4"}, {"a.mp4": "text"}),
    bad("photo that is a pipe", "eval.transfer", "x: not a", {"source": "x"}, {"x": os.mkfifo}),
    bad("frame of text", "train.statistics", r"2.jpg: cannot be read", files={FRAME: "text"}),
    # Annotations.
    bad("mat of no frames", "data.check", r"data\.X: expected at least one",
        files={MAT: mat(X=np.ones((14, 2, 0)), bbox=np.ones((0, 4)))}),
    bad("mat of complex joints", "data.check", "walk.mat: .*complex",
        files={MAT: mat(X=1j * np.ones((14, 2, 3)))}),
    bad("mat of infinities", "data.check", "no frame shows a whole limb",
        files={"data/test": None, MAT: mat(joints=np.full((3, 14, 2), np.inf))}),
    bad("mat of a huge array", "data.check", "walk.mat: .*array", files={MAT: mat_of_size}),
    bad("mat of nested cells", "data.check", "walk.mat: .*within arrays", files={MAT: nested_mat}),
    bad("JSON image of half a character", "data.check", r"frames\[0\]\.image: .*no such file",
        JSON_FLAGS, {"json/train/walk.json":
            json_video(["head"], standing_person(1)[:, :1], ["\ud800.jpg"])}),
    # Skeletons.
    bad("no skeleton", "train.pretrain", "none.json: cannot", {"skeleton": "none.json"}),
    # Networks and their weights.
    *(
        bad(f"model {name}", program, f"model.keras: {message}", {}, {"model.keras": content})
        for name, program, message, content in [
            ("cut off", "train.gan", "cannot be loaded as a model", cut(0.5)),
            ("with files to extract", "eval.transfer", ".*model.weights.h5 alone",
             archive(lambda members: members.update({"assets/../../escaped": b"x"}))),
            ("of an endless description", "eval.transfer", "config.json: expected at most",
             archive(lambda members: members.update({"config.json": b" " * 2**21}))),
            ("of a Lambda layer", "eval.export", "expected a generator", lambda_model),
            ("of another kind", "eval.visualize", "expected a generator", network(Discriminator)),
            ("of a module to import", "eval.transfer", "expected a generator, got a system",
             archive(lambda members: members.update({"config.json": json.dumps(
                 {"module": "os", "class_name": "system", "registered_name": None}).encode()}))),
            ("of another width", "eval.transfer", "cannot be loaded", config(width=0.1)),
            ("of an absurd width", "eval.transfer", "width: 16 does not fit", config(width=16)),
            ("of a size of no integer", "eval.transfer", ".*image_size", config(image_size=64.0)),
            ("of a field of a newer version", "eval.transfer", ".*depth", config(depth=7)),
        ]
    ),
    bad("layers of a baseline", "eval.visualize", "--layers: ",
        {"run_dir": "unet.keras", "layers": "true"}, {"unet.keras": network(PlainUNet)}),
    bad("no VGG weights", "train.pretrain", "imagenet: cannot be", {"vgg_weights": "imagenet"}),
    bad("VGG statistics of objects", "train.pretrain",
        "a.npz: not a file of VGG statistics.*allow_pickle", {"vgg_statistics": "a.npz"},
        {"a.npz": lambda path: np.savez(path, block1_conv1_mean=np.array([{}], object))}),
    # Joints.
    bad("no driver", "eval.animate", "no such video: .* has walk", {**UNFOUND, "driver": "run"}),
    bad("driver far outside", "eval.animate", "no joint of any pose is within the photo",
        {"driver": "d.json", "retarget": "none"},
        {"d.json": [{name: [1e9, 5] for name in FULL_BODY.joints}]}),
    bad("frame that the video lacks", "eval.transfer", "expected a frame number from 1 to 3",
        {"target_joints": "walk:9", "data_dir": "data"}),
]  # fmt: skip


@pytest.mark.parametrize(("program", "message", "flags", "files", "status"), ROWS)
def test_bad_input_is_one_line_and_nothing_is_written(
    program, message, flags, files, status, run, assert_refused
):
    root, before, done = run(program, flags, files)
    assert_refused(done, message, status)
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

    def save(path):
        for number, mode in enumerate(modes):
            kind = {"CMYK": "jpeg", "P": "gif"}.get(mode, "png")
            Image.new(mode, (320, 300)).save(path / f"{number}.jpg", kind)

    return {"json/train/walk": save}


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
def test_what_is_odd_but_right_is_taken(program, shown, flags, files, run):
    root, _, done = run(program, flags, files)
    assert (done.returncode, done.stderr) == (0, "")
    assert all(text in done.stdout for text in shown), done.stdout
    assert "output" not in flags or (root / flags["output"]).is_file()
