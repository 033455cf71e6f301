from dataclasses import replace

import numpy as np
import pytest

from data.pairs import Example
from eval.measures import measure, person_box, summarize, table


@pytest.fixture
def example():
    random = np.random.default_rng(0)
    source, target = random.uniform(-1, 1, (2, 64, 64, 3)).astype("float32")
    joints = random.uniform(20, 40, (2, 14, 2))
    return Example(source, joints[0], joints[1], target)


def test_a_constant_prediction_of_a_constant_has_the_values_that_it_must(example, reference_loss):
    target, image = (np.full((64, 64, 3), value, "float32") for value in (0.6, -0.2))
    values = measure(replace(example, target_image=target), image, reference_loss)
    a, b = 0.8, 0.4  # on the scale of [0, 1]
    ssim = (2 * a * b + 0.01**2) / (a**2 + b**2 + 0.01**2)
    for region in ("image", "person"):
        assert values[f"l1_{region}"] == pytest.approx(0.4, rel=1e-5)
        assert values[f"psnr_{region}"] == pytest.approx(-20 * np.log10(0.4), rel=1e-5)
        assert values[f"ssim_{region}"] == pytest.approx(ssim, rel=1e-3)
    ours, theirs = (reference_loss.vgg(picture[None]) for picture in (image, target))
    distances = [
        np.mean(np.abs(np.subtract(x, y)) / (std + 0.1))
        for x, y, std in zip(ours, theirs, reference_loss.statistics.std, strict=True)
    ]
    assert values["perceptual_loss"] == pytest.approx(np.mean(distances), rel=1e-4)


def test_the_person_is_measured_apart_in_his_box_and_his_sharpness_beside_the_targets(example):
    person = example.target_image[person_box(example)]
    values = measure(example, np.zeros((64, 64, 3), "float32"))
    assert "perceptual_loss" not in values
    for region, target in (("image", example.target_image), ("person", person)):
        assert values[f"l1_{region}"] == pytest.approx(np.abs(target).mean() / 2, rel=1e-5)
        psnr = -10 * np.log10(np.square(target / 2).mean())
        assert values[f"psnr_{region}"] == pytest.approx(psnr, rel=1e-5)
    blurred = example.target_image.copy()
    blurred[person_box(example)] *= 0.5
    assert measure(example, blurred)["sharpness"] == pytest.approx(0.5)
    black = replace(example, target_image=0 * blurred)
    assert measure(black, blurred)["sharpness"] == np.inf


def test_the_persons_box_holds_both_poses_and_stays_in_the_image(example):
    rows, columns = person_box(example)
    joints = np.concatenate([example.source_joints, example.target_joints])
    for span, places in ((columns, joints[:, 0]), (rows, joints[:, 1])):
        assert span.start <= places.min() and places.max() <= span.stop - 1
    far = replace(example, source_joints=0 * joints[:14], target_joints=0 * joints[14:] + 63)
    assert person_box(far) == (slice(0, 64), slice(0, 64))


def test_the_summary_has_means_and_standard_errors_of_the_finite_values():
    for values, expected in (
        # Deviations -2, -1 and 3: a variance of 14 / 2, over 3 pairs.
        ((1.0, 2.0, 6.0), (3.0, pytest.approx((7 / 3) ** 0.5), 3)),
        ((1.0, 3.0, np.inf), (2.0, pytest.approx(1.0), 2)),
        ((2.0,), (2.0, None, 1)),
        ((np.inf,), (None, None, 0)),
    ):
        summary = summarize([{"l1": value} for value in values])["l1"]
        assert summary == dict(zip(("mean", "standard_error", "pairs"), expected, strict=True))


def test_the_table_has_a_row_per_metric_and_a_column_per_predictor(example):
    images = {"generated": example.target_image, "copied source": example.source_image}
    overall = {name: summarize([measure(example, image)] * 2) for name, image in images.items()}
    networks = {"generated": {"seconds_per_image": 0.25}}
    rows = table({"overall": overall, "networks": networks})
    assert rows[0] == ["", "generated", "copied source"]
    assert [row[:2] for row in rows[1:4]] == [
        ["L1, image", "0.0000 +- 0.0000"],
        ["L1, person's box", "0.0000 +- 0.0000"],
        ["PSNR, image (dB)", "infinite"],
    ]
    assert rows[-1] == ["seconds per image", "0.2500", ""]
