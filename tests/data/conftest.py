import contextlib
import itertools
import os

import pytest

from data.annotate.pose_landmarks import PoseLandmarker
from data.videos import read_videos


@pytest.fixture(scope="session")
def tennis(shared):
    """The published code's sample video of a tennis player."""
    (video,) = read_videos(shared / "data" / "tennis", "train")
    return video


@pytest.fixture(scope="session")
def pose_model(shared):
    """MediaPipe's networks, for tests that need their interpreter."""
    pytest.importorskip("ai_edge_litert")
    return shared / "models" / "pose_landmarker_full.task"


@pytest.fixture(scope="session")
def landmarker(pose_model):
    """What finds people and their joints."""
    return PoseLandmarker(pose_model)


@pytest.fixture
def interrupted(monkeypatch):
    """Interrupts the process at the n-th call of one of `os`'s functions."""

    @contextlib.contextmanager
    def interrupt(name, number):
        calls, original = itertools.count(1), getattr(os, name)

        def call(*arguments):
            if next(calls) == number:
                raise KeyboardInterrupt
            original(*arguments)

        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(os, name, call)
            yield

    return interrupt
