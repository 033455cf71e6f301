"""Reads all of a data set, and reports what is in it and what may be wrong with it.

python -m data.check --data_dir=<data set> --figure=sheet.png

Ends with status 1 when something cannot be used. Outliers are only listed: most are mistakes,
but a person may turn round.
"""

import dataclasses
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from absl import flags
from tqdm import tqdm

from data.annotated_video import Video, without_outside
from data.data_flags import open_split
from data.drawing import check_image_name, draw_sheet, write_image
from data.images import read_photo
from data.layouts import SPLITS
from data.outliers import far_outside, jumps, swapped_frames
from posewarp.errors import DataError, MissingSplitError
from posewarp.program import run
from posewarp.skeleton import FULL_BODY, UPPER_BODY, Skeleton, skeleton_from_name

FLAGS = flags.FLAGS

SHOWN = 10
"""Outliers, and frames left out, that are listed for a video; the others are counted."""


def define_flags():
    """Defines the program's flags; not at import, where other programs' flags live."""
    flags.DEFINE_string(
        "skeleton",
        None,
        "full_body, upper_body, or a skeleton's JSON file; by default what the joints allow.",
    )
    flags.DEFINE_string("figure", None, "PNG file to write: frames with their annotation.")


@dataclasses.dataclass
class Report:
    """What was found in one video, or in all.

    Args:
        name: str. Split and name of the video.
        frames: int. How many it has.
        missing: How many frames lack a joint, by the joint's name; joints outside the frame
            count as missing.
        sizes: The person's size in pixels in the frames where it can be measured.
        left_out: Files of the frames that show too little to be used.
        outliers: What may be wrong, a line each.
        problems: Why something cannot be used, a line each.
    """

    name: str
    frames: int = 0
    missing: Counter[str] = dataclasses.field(default_factory=Counter)
    sizes: list[float] = dataclasses.field(default_factory=list)
    left_out: list[str] = dataclasses.field(default_factory=list)
    outliers: list[str] = dataclasses.field(default_factory=list)
    problems: list[str] = dataclasses.field(default_factory=list)

    def add(self, other: "Report"):
        """Adds another report's counts and lines to this one's."""
        for field in dataclasses.fields(self)[1:]:
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))

    def line(self) -> str:
        """The counts in one line."""
        parts = [f"{self.frames} frames"]
        if self.sizes:
            low, middle, high = np.percentile(self.sizes, [0, 50, 100])
            parts.append(f"person {low:.0f} / {middle:.0f} / {high:.0f} px (min / median / max)")
        parts.append(f"{len(self.left_out)} left out")
        missing = ", ".join(f"{name} {count}" for name, count in self.missing.most_common())
        parts.append(f"missing: {missing}" if missing else "no joint missing")
        return f"{self.name}: {'; '.join(parts)}"

    def print(self):
        """Prints all of it, but the counts alone of more than `SHOWN` lines."""
        tqdm.write(self.line())
        for problem in self.problems:
            tqdm.write(f"    cannot be used: {problem}")
        if self.left_out:
            others = len(self.left_out) - SHOWN
            names = ", ".join(self.left_out[:SHOWN])
            tqdm.write(f"    left out: {names}{f' and {others} more' if others > 0 else ''}")
        for outlier in self.outliers[:SHOWN]:
            tqdm.write(f"    outlier: {outlier}")
        if len(self.outliers) > SHOWN:
            tqdm.write(f"    and {len(self.outliers) - SHOWN} more outliers")


def main():
    """Prints the report, and ends in an error if something cannot be used."""
    if FLAGS.figure:
        check_image_name(FLAGS.figure)
    videos, problems = read_splits()
    for problem in problems:
        print(f"cannot be used: {problem}")
    skeleton = choose_skeleton([video for _, video in videos])
    counts = Counter(split for split, _ in videos)
    counts = ", ".join(f"{counts[split]} {split}" for split in SPLITS)
    total = Report(
        f"total: {len(videos)} videos ({counts}){f' as {skeleton.name}' if skeleton else ''}"
    )
    # Silent where stderr is not a terminal: an error is the only line there.
    frames = sum(len(video.frames) for _, video in videos)
    with tqdm(total=frames, unit="frame", disable=None) as progress:
        for split, video in videos:
            report = inspect(f"{split}/{video.name}", video, skeleton, progress.update)
            report.print()
            total.add(report)
    print(total.line())
    problems += total.problems
    print(f"{len(total.outliers)} outliers, {len(problems)} problems")
    if FLAGS.figure and videos:
        write_image(FLAGS.figure, draw_sheet(videos, skeleton))
        print(f"{FLAGS.figure}: contact sheet")
    if videos and total.frames == len(total.left_out):
        problems.append(f"{FLAGS.data_dir}: no frame shows a whole limb and the person's size")
    if problems:
        others = len(problems) - 1
        raise DataError(problems[0] + (f" (and {others} more, listed above)" if others else ""))


def read_splits() -> tuple[list[tuple[str, Video]], list[str]]:
    """Reads what can be read of all splits.

    Returns:
        Pairs of split and video, and a line about everything that cannot be read.
    """
    videos, problems, absent = [], [], []
    for split in SPLITS:
        try:
            readers = open_split(split)
        except DataError as error:
            (absent if isinstance(error, MissingSplitError) else problems).append(str(error))
            continue
        for read in readers:
            try:
                videos.append((split, read()))
            except DataError as error:
                problems.append(str(error))
    if len(absent) == len(SPLITS):
        problems.append(absent[0])
    # A file for both splits has one problem, not two.
    return videos, list(dict.fromkeys(problems))


def choose_skeleton(videos: Sequence[Video]) -> Skeleton | None:
    """The skeleton of the flag, or the first built-in one whose joints all videos have.

    Of two such, the second counts where the first can use no frame: half bodies have no legs.
    """
    if FLAGS.skeleton:
        return skeleton_from_name(FLAGS.skeleton)
    if not videos:
        return None
    fitting = [
        skeleton
        for skeleton in (FULL_BODY, UPPER_BODY)
        if all(set(skeleton.joints) <= set(video.joint_names) for video in videos)
    ]
    if not fitting:
        print(
            "the joints are of no built-in skeleton: limbs and sizes are checked with --skeleton "
            "only"
        )
        return None
    useful = (s for s in fitting if any(video.usable(s).any() for video in videos))
    return next(useful, fitting[0])


def inspect(name: str, video: Video, skeleton: Skeleton | None, progress) -> Report:
    """Examines one video.

    Args:
        name: str. What to call it.
        video: Video.
        skeleton: Skeleton to check against, or None.
        progress: Called with a number of frames when these are done.
    """
    report = Report(name, len(video.frames))
    if report.frames < 2:
        report.problems.append(
            f"video {video.name!r}: too short for a pair of different frames: expected 2 frames "
            f"or more, got {report.frames}"
        )
    names = [path.name for path in video.frames]
    sizes = np.ptp(video.joints, axis=1).max(axis=1)
    if skeleton is not None:
        try:
            video = video.select(skeleton)
        except DataError as error:
            report.problems.append(str(error))
            report.left_out = names
            progress(report.frames)
            return report
        sizes = video.person_sizes(skeleton)
        report.left_out = [names[index] for index in np.flatnonzero(~video.usable(skeleton))]
        report.sizes = sizes[np.isfinite(sizes)].tolist()

    inside = video.joints.copy()
    with ThreadPoolExecutor() as threads:
        for index, (shape, problem) in enumerate(threads.map(_frame_shape, video.frames)):
            progress(1)
            if problem:
                report.problems.append(problem)
                continue
            inside[index] = without_outside(video.joints[index], *shape)
            for joint in far_outside(video.joints[index], *shape):
                x, y = video.joints[index, joint]
                report.outliers.append(
                    f"{names[index]}: {video.joint_names[joint]} is far outside the image: "
                    f"({x:.0f}, {y:.0f}) of {shape[1]} x {shape[0]}"
                )
    absent = np.isnan(inside).any(axis=2).sum(axis=0).tolist()
    report.missing = +Counter(dict(zip(video.joint_names, absent, strict=True)))
    report.outliers += [
        f"{names[index]}: left and right are swapped against most of the video"
        for index in swapped_frames(video.joint_names, inside)
    ]
    report.outliers += [
        f"{names[index]}: {video.joint_names[joint]} jumps by {pixels:.0f} px"
        for index, joint, pixels in jumps(inside, sizes)
    ]
    return report


def _frame_shape(path):
    """A frame's height and width, and what is wrong with it or None."""
    try:
        return read_photo(path).shape[:2], None
    except DataError as error:
        return None, str(error)


if __name__ == "__main__":
    define_flags()
    run(main, "data_dir")
