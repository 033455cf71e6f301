"""Reads all of a data set, and reports what is in it and what may be wrong with it.

python -m data.check --data_dir=<data set> --figure=sheet.png

Ends with status 1 when something cannot be used. Outliers are only listed: most are mistakes,
but a person may turn round.
"""

import dataclasses
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from absl import flags
from tqdm import tqdm

from data.annotated_video import Video, without_outside
from data.contact_sheet import draw_sheet
from data.data_flags import open_split
from data.drawing import check_image_name, write_image
from data.images import read_photo
from data.outliers import far_outside, jumps, swapped_frames
from data.splits import SPLITS
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
    """What was found in one video.

    Args:
        name: str. Split and name of the video.
        frames: int. How many it has.
        missing: How many frames lack a joint, by the joint's name; joints outside the frame
            count as missing.
        sizes: Float array: the person's size in pixels where it can be measured.
        left_out: Files of the frames that show too little to be used.
        outliers: What may be wrong, a line each.
        problems: Why something cannot be used, a line each.
    """

    name: str
    frames: int = 0
    missing: Counter[str] = dataclasses.field(default_factory=Counter)
    sizes: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros(0))
    left_out: list[str] = dataclasses.field(default_factory=list)
    outliers: list[str] = dataclasses.field(default_factory=list)
    problems: list[str] = dataclasses.field(default_factory=list)

    def line(self) -> str:
        """The counts in one line."""
        parts = [f"{self.frames} frames"]
        if len(self.sizes):
            low, middle, high = np.percentile(self.sizes, [0, 50, 100])
            parts.append(f"person {low:.0f} / {middle:.0f} / {high:.0f} px (min / median / max)")
        parts.append(f"{len(self.left_out)} left out")
        missing = ", ".join(f"{name} {count}" for name, count in self.missing.most_common())
        parts.append(f"missing: {missing}" if missing else "no joint missing")
        return f"{self.name}: {'; '.join(parts)}"


def main():
    """Prints the report, and ends in an error if something cannot be used."""
    if FLAGS.figure:
        check_image_name(FLAGS.figure)
    videos, problems = read_splits()
    for problem in problems:
        print(f"cannot be used: {problem}")
    skeleton = choose_skeleton([video for _, video in videos])
    total = sum(len(video.frames) for _, video in videos)
    reports = []
    # Silent where stderr is not a terminal: an error is the only line there.
    with tqdm(total=total, unit="frame", disable=None) as progress:
        for split, video in videos:
            reports.append(inspect(f"{split}/{video.name}", video, skeleton, progress.update))
            print_report(reports[-1])
    print(totals(reports, skeleton).line())
    problems += [problem for report in reports for problem in report.problems]
    outliers = sum(len(report.outliers) for report in reports)
    print(f"{outliers} outliers, {len(problems)} problems")
    if FLAGS.figure and videos:
        write_image(FLAGS.figure, draw_sheet(videos, skeleton))
        print(f"{FLAGS.figure}: contact sheet")
    if reports and not sum(report.frames - len(report.left_out) for report in reports):
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
        except MissingSplitError as error:
            absent.append(str(error))
            continue
        except DataError as error:
            problems.append(str(error))
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
    """The skeleton of the flag, or the first built-in one whose joints all videos have."""
    if FLAGS.skeleton:
        return skeleton_from_name(FLAGS.skeleton)
    if not videos:
        return None
    for skeleton in (FULL_BODY, UPPER_BODY):
        if all(set(skeleton.joints) <= set(video.joint_names) for video in videos):
            return skeleton
    print(
        "the joints are of no built-in skeleton: limbs and sizes are checked with --skeleton only"
    )
    return None


def inspect(name: str, video: Video, skeleton: Skeleton | None, progress=lambda frames: None):
    """Examines one video.

    Args:
        name: str. What to call it.
        video: Video.
        skeleton: Skeleton to check against, or None.
        progress: Called with a number of frames when these are done.

    Returns:
        Report.
    """
    report = Report(name, len(video.frames))
    if report.frames < 2:
        report.problems.append(
            f"video {video.name!r}: too short for a pair of different frames: expected 2 frames "
            f"or more, got {report.frames}"
        )
    sizes = np.ptp(video.joints, axis=1).max(axis=1)
    if skeleton is not None:
        try:
            video = video.select(skeleton)
        except DataError as error:
            report.problems.append(str(error))
            report.left_out = [path.name for path in video.frames]
            progress(report.frames)
            return report
        sizes = video.person_sizes(skeleton)
        usable = video.usable(skeleton)
        report.left_out = [p.name for p, kept in zip(video.frames, usable, strict=True) if not kept]
        report.sizes = sizes[np.isfinite(sizes)]

    inside = video.joints.copy()
    for index, (shape, problem) in enumerate(frame_shapes(video.frames, progress)):
        if problem:
            report.problems.append(problem)
            continue
        inside[index] = without_outside(video.joints[index], *shape)
        for joint in far_outside(video.joints[index], *shape):
            x, y = video.joints[index, joint]
            report.outliers.append(
                f"{video.frames[index].name}: {video.joint_names[joint]} is far outside the "
                f"image: ({x:.0f}, {y:.0f}) of {shape[1]} x {shape[0]}"
            )
    absent = ~np.isfinite(inside).all(axis=2)
    for joint, count in zip(video.joint_names, absent.sum(axis=0), strict=True):
        if count:
            report.missing[joint] = int(count)
    for index in swapped_frames(video.joint_names, inside):
        report.outliers.append(
            f"{video.frames[index].name}: left and right are swapped against most of the video"
        )
    for index, joint, pixels in jumps(inside, sizes):
        report.outliers.append(
            f"{video.frames[index].name}: {video.joint_names[joint]} jumps by {pixels:.0f} px"
        )
    return report


def frame_shapes(paths: Sequence[Path], progress):
    """Yields for every frame its height and width, and what is wrong with it or None."""
    with ThreadPoolExecutor() as threads:
        for result in threads.map(_frame_shape, paths):
            progress(1)
            yield result


def _frame_shape(path):
    try:
        return read_photo(path).shape[:2], None
    except DataError as error:
        return None, str(error)


def print_report(report: Report):
    """Prints what was found in a video."""
    tqdm.write(report.line())
    for problem in report.problems:
        tqdm.write(f"    cannot be used: {problem}")
    if report.left_out:
        others = len(report.left_out) - SHOWN
        names = ", ".join(report.left_out[:SHOWN])
        tqdm.write(f"    left out: {names}{f' and {others} more' if others > 0 else ''}")
    for outlier in report.outliers[:SHOWN]:
        tqdm.write(f"    outlier: {outlier}")
    if len(report.outliers) > SHOWN:
        tqdm.write(f"    and {len(report.outliers) - SHOWN} more outliers")


def totals(reports: Sequence[Report], skeleton: Skeleton | None) -> Report:
    """The sum of all reports."""
    splits = Counter(report.name.split("/")[0] for report in reports)
    counts = ", ".join(f"{splits[split]} {split}" for split in SPLITS)
    checked = f" as {skeleton.name}" if skeleton else ""
    return Report(
        f"total: {len(reports)} videos ({counts}){checked}",
        sum(report.frames for report in reports),
        sum((report.missing for report in reports), Counter()),
        np.concatenate([np.zeros(0), *(report.sizes for report in reports)]),
        [name for report in reports for name in report.left_out],
    )


if __name__ == "__main__":
    define_flags()
    run(main, "data_dir")
