"""Gives every reader damaged files, and counts what it makes of them.

PYTHONPATH=. python tests/fuzz.py --inputs=1000 --seed=0

A reader may refuse a file with an error of `posewarp.errors`, or read it; everything else is a
failure, which is shown with the number that makes it again (`--only=<reader> --first=<number>`).
"""

import dataclasses
import functools
import io
import json
import re
import signal
import sys
import tempfile
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import scipy.io
from absl import flags
from annotated_layouts import json_video, write_json_video, write_youtube_pose, youtube_video
from archives import change_archive
from people import person
from PIL import Image
from programs import limit_memory
from published_layout import standing_person, write_video
from published_weights import write_weights

from data.annotate.progress import Progress
from data.images import decode_image
from data.vgg_files import read_statistics, write_statistics
from data.videos import read_videos
from eval.inputs import read_joints
from eval.report import markdown
from posewarp import weights
from posewarp.errors import PosewarpError
from posewarp.networks import Generator, ModelConfig
from posewarp.perceptual import CHANNELS, ActivationStatistics
from posewarp.program import quiet_stderr, run
from posewarp.saving import load_network, save_network
from posewarp.skeleton import FULL_BODY, UPPER_BODY, Skeleton

FLAGS = flags.FLAGS
flags.DEFINE_integer("inputs", 1000, "Damaged files a reader; slow ones are given a share.", 1)
flags.DEFINE_integer("seed", 0, "Seed of the damage.", 0)
flags.DEFINE_integer("first", 0, "Number of the first file.", 0)
flags.DEFINE_string("only", None, "Name of the only reader.")

LONGEST = 20
"""Seconds of the processor's time for a file; more is a failure."""
LARGEST = 2**30
"""Bytes of memory for a file; NumPy, SciPy and OpenCV raise an error where it is more."""
NUMBERS = (0, 1, 2, 7, 2**7, 2**8 - 1, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1)
"""That overwrite whatever is a length."""
WORDS = ("NaN", "1e999", "-1", "0", "null", "true", "[]", "{}", '""', '"\\u0000"', "1" * 400, "{")
"""That overwrite whatever is a value in JSON."""


@dataclasses.dataclass
class Reader:
    """A reader of the file `path`, and contents that it can read: by default, the file's."""

    path: Path
    read: Callable[[Path], object]
    contents: list[bytes] | None = None
    share: float = 1.0  # of the inputs
    named: str | None = None  # the file that messages are about

    def __post_init__(self):
        self.contents = self.contents or [self.path.read_bytes()]
        self.named = self.named or self.path.name


def damaged(random: np.random.Generator, contents: list[bytes]) -> bytes:
    """One of some files, changed in one to three places."""
    data = bytearray(contents[random.integers(len(contents))])
    kinds = ["flip", "cut", "splice", "overwrite", "remove"]
    kinds += ["word"] * 5 * (data[:1] in (b"{", b"["))
    for _ in range(random.choice([1, 1, 1, 2, 3])):
        at = int(random.integers(len(data) + 1))
        match random.choice(kinds):
            case "flip" if data:
                for _ in range(random.choice([1, 1, 2, 8])):
                    data[random.integers(len(data))] ^= 1 << int(random.integers(8))
            case "cut":
                del data[at:]
            case "remove":
                del data[at : at + random.integers(1, 64)]
            case "splice":  # of a file into another place, or another file
                other = contents[random.integers(len(contents))]
                start = random.integers(len(other))
                data[at:at] = other[start : start + random.integers(1, 200)]
            case "overwrite":  # often in the head, where lengths are
                at = at if random.random() < 0.5 else int(random.integers(400))
                width = int(2 ** random.integers(4))
                number = NUMBERS[random.integers(len(NUMBERS))] % 256**width
                order = ("little", "big")[random.integers(2)]
                data[at : at + width] = number.to_bytes(width, order)
            case "word":  # another value in the place of one
                values = list(re.finditer(rb'"[^"]*"|-?[0-9][-+.0-9e]*|null|true|false', data))
                if values:
                    start, end = values[random.integers(len(values))].span()
                    data[start:end] = WORDS[random.integers(len(WORDS))].encode()
    return bytes(data)


def annotations(folder):
    _, mat = write_video(folder / "published")
    write_youtube_pose(folder / "youtube", [youtube_video(name) for name in "ab"])
    video = write_json_video(folder / "json")
    whole = json.loads(video.read_text())
    images = [f"walk/{number}.jpg" for number in range(3)]
    small = json_video(["head"], standing_person(3)[:, :1], images, [[1, 2, 30, 40]] * 3)
    points = dict(zip(FULL_BODY.joints, standing_person(1)[0].tolist(), strict=True))
    skeletons = [known.to_dict() for known in (FULL_BODY, UPPER_BODY)]
    progress = folder / "progress.jsonl"
    with Progress(progress) as open_progress:
        for number in (1, 2, 3):
            open_progress.add(number, f"{number}.jpg", [person(number)])
    measures = {"l1_image": {"mean": 0.5, "standard_error": 0.1, "pairs": 3}}
    network = dict.fromkeys(("width", "parameters", "steps", "seconds_per_image"), 5)
    metrics = {
        "overall": {"generated": measures, "copied source": measures},
        "by_video": {},
        "networks": {"generated": {"network": "Generator", **network}},
        **{"pairs": 3, "split": "test", "seed": 0, "image_size": 64},
        **{"vgg_weights": None, "processor": "a processor"},
    }
    return {
        "published .mat": mat_reader(mat, lambda _: read_videos(folder / "published", "train")),
        "YouTube Pose .mat": mat_reader(
            folder / "youtube" / "YouTube_Pose_dataset.mat",
            lambda path: [read_videos(path.parent, split, ["b"]) for split in ("train", "test")],
        ),
        "JSON video": json_reader(
            video, lambda _: read_videos(folder / "json", "train"), whole, small
        ),
        "joints JSON": json_reader(
            folder / "joints.json", lambda path: read_joints(path, FULL_BODY), points
        ),
        "skeleton JSON": json_reader(folder / "skeleton.json", Skeleton.load, *skeletons),
        "progress of annotations": Reader(progress, lambda path: Progress(path).__exit__()),
        "metrics JSON": json_reader(folder / "metrics.json", markdown, metrics),
    }


def mat_reader(path, read):
    """Reads the file as it is, and the same variables compressed."""
    data = io.BytesIO()
    scipy.io.savemat(data, {"data": scipy.io.loadmat(path)["data"]}, do_compression=True)
    return Reader(path, read, [path.read_bytes(), data.getvalue()])


def json_reader(path, read, *contents):
    return Reader(path, read, [json.dumps(content).encode() for content in contents])


def models(folder):
    network, published = folder / "model.keras", folder / "weights.h5"
    npz, mat = folder / "vgg.npz", folder / "vgg.mat"
    save_network(Generator(ModelConfig(UPPER_BODY, 64, 0.01)), network)
    write_weights(published, UPPER_BODY)
    # A network of the published size takes seconds to make, and is the same each time.
    weights.Generator = functools.cache(Generator)
    arrays = tuple(np.full(channels, 2.0) for channels in CHANNELS)
    for path in (npz, mat):
        write_statistics(ActivationStatistics(arrays, arrays), path)
    whole = network.read_bytes()

    def read_member(path):
        """Reads a network whose archive is whole, and one of its files is what was damaged."""
        network.write_bytes(whole)
        change_archive(network, lambda members: members.update({path.name: path.read_bytes()}))
        return load_network(network)

    with zipfile.ZipFile(network) as archive:
        members = {
            f"{name} in .keras": Reader(
                folder / name, read_member, [archive.read(name)], 0.1, network.name
            )
            for name in ("config.json", "model.weights.h5")
        }
    return {
        ".keras": Reader(network, load_network, share=0.3),
        **members,
        "published .h5": Reader(
            published, lambda path: weights.load_published(path, image_size=64), share=0.3
        ),
        "statistics .npz": Reader(npz, read_statistics),
        "statistics .mat": Reader(mat, read_statistics),
    }


def images(folder):
    noise = np.random.default_rng(0).integers(0, 255, (20, 30, 3), "uint8")
    picture = Image.fromarray(noise)
    kinds = {
        "JPEG": [(picture, {}), (picture.convert("CMYK"), {}), (picture, {"progressive": True})],
        "PNG": [(picture, {}), (picture.convert("P"), {}), (picture.convert("I;16"), {})],
        "GIF": [(picture, {"save_all": True, "append_images": [picture.rotate(90)]})],
        "BMP": [(picture, {}), (picture.convert("P"), {})],
        "TIFF": [(picture, {}), (picture, {"compression": "tiff_lzw"})],
        "WebP": [(picture, {}), (picture, {"lossless": True})],
    }

    def read(path):
        return decode_image(path.read_bytes(), path, "a photo")

    def saved(kind, image, options):
        image.save(file := io.BytesIO(), kind, **options)
        return file.getvalue()

    return {
        kind: Reader(folder / f"photo.{kind}", read, [saved(kind, *each) for each in pictures])
        for kind, pictures in kinds.items()
    }


def attempt(reader: Reader, data: bytes) -> tuple[str, str]:
    """Reads a damaged file: the kind of outcome, and what was raised."""
    reader.path.unlink(missing_ok=True)
    reader.path.write_bytes(data)
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, LONGEST)
        reader.read(reader.path)
    except PosewarpError as error:
        if reader.named not in str(error):
            return "others", f"a message without the file's name: {error}"
        return "own errors", ""
    except Exception:
        return "others", traceback.format_exc()
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return "valid", ""


def hang(*_):
    """Ends a reader that takes too long."""
    raise TimeoutError(f"took more than {LONGEST} seconds")


def main():
    """Prints the table and all failures, and ends with status 1 if there is one."""
    signal.signal(signal.SIGVTALRM, hang)
    failures = 0
    print(f"{'':28}{'inputs':>8}{'own errors':>12}{'valid':>8}{'others':>8}")
    with tempfile.TemporaryDirectory() as name, quiet_stderr():
        folder = Path(name)
        readers = annotations(folder) | models(folder) | images(folder)
        limit_memory(LARGEST)
        for place, (name, reader) in enumerate(readers.items()):
            if FLAGS.only not in (None, name):
                continue
            counts, shown = Counter(), []
            inputs = max(1, int(FLAGS.inputs * reader.share))
            for number in range(FLAGS.first, FLAGS.first + inputs):
                random = np.random.default_rng((FLAGS.seed, place, number))
                outcome, problem = attempt(reader, damaged(random, reader.contents))
                counts[outcome] += 1
                if problem:
                    shown.append(f"--only={name!r} --first={number}: {problem}")
            own, valid, others = (counts[kind] for kind in ("own errors", "valid", "others"))
            print(f"{name:28}{inputs:8}{own:12}{valid:8}{others:8}")
            print("\n".join(shown[:5]), end="\n" if shown else "", flush=True)
            failures += others
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    run(main)
