import subprocess
import sys
from pathlib import Path

import numpy as np
import tensorflow as tf

PROGRAM = Path(__file__).parents[2] / "eval" / "stranger.py"


def test_calls_of_a_saved_model_are_made_and_answered_by_file(tmp_path):
    class Doubled(tf.Module):
        @tf.function(
            input_signature=[
                tf.TensorSpec([None], tf.string, "words"),
                tf.TensorSpec([None], tf.float32, "x"),
            ]
        )
        def twice(self, words, x):
            return {"words": words + words, "x": 2 * x}

    module = Doubled()
    tf.saved_model.save(module, str(tmp_path / "model"), signatures={"twice": module.twice})
    calls = {"0/twice/words": np.array([b"\0a", b"bcd"]), "0/twice/x": np.float32([1, 2])}
    calls |= {"1/twice/words": np.array([b"e"]), "1/twice/x": np.float32([3])}
    np.savez(tmp_path / "calls.npz", **calls)
    files = [tmp_path / name for name in ("model", "calls.npz", "results.npz")]
    done = subprocess.run(
        [sys.executable, "-I", PROGRAM, *files],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    results = np.load(files[2])
    assert results["0/twice/words"].tolist() == [b"\0a\0a", b"bcdbcd"]
    np.testing.assert_array_equal(results["0/twice/x"], [2, 4])
    np.testing.assert_array_equal(results["1/twice/x"], [6])
