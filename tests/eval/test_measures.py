import numpy as np
import pytest

from data.pipeline import Example
from eval.measures import measure, person_box, summarize, table


@pytest.fixture
def example():
    random = np.random.default_rng(0)
    source, target = random.uniform(-1, 1, (2, 64, 64, 3)).astype("float32")
    joints = random.uniform(20, 40, (2, 14, 2))
    return Example(source, joints[0], joints[1], target)


def test_a_constant_prediction_of_a_constant_has_the_values_that_it_must(example, reference_loss):
    target, image = (np.full((64, 64, 3), value, "float32") for value in (0.6, -0.2))
    constant = Example(example.source_image, example.source_joints, example.target_joints, target)
    values = measure(constant, image, reference_loss)
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


def test_a_constant_prediction_is_measured_apart_in_the_persons_box(example):
    values = measure(example, np.zeros((64, 64, 3), "float32"))
    assert "perceptual_loss" not in values
    person = example.target_image[person_box(example)]
    for region, target in (("image", example.target_image), ("person", person)):
        assert values[f"l1_{region}"] == pytest.approx(np.abs(target).mean() / 2, rel=1e-5)
        psnr = -10 * np.log10(np.square(target / 2).mean())
        assert values[f"psnr_{region}"] == pytest.approx(psnr, rel=1e-5)


def test_sharpness_is_that_of_the_persons_box_beside_the_targets(example):
    blurred = example.target_image * 0.5
    rows, columns = person_box(example)
    outside = example.target_image.copy()
    outside[rows, columns] = blurred[rows, columns]
    for image in (blurred, outside):
        assert measure(example, image)["sharpness"] == pytest.approx(0.5)
    still = Example(*(example.source_image, *[example.source_joints] * 2), 0 * blurred)
    assert measure(still, blurred)["sharpness"] == np.inf


def test_the_persons_box_holds_both_poses_and_stays_in_the_image(example):
    rows, columns = person_box(example)
    joints = np.concatenate([example.source_joints, example.target_joints])
    assert columns.start <= joints[:, 0].min() and joints[:, 0].max() <= columns.stop - 1
    assert rows.start <= joints[:, 1].min() and joints[:, 1].max() <= rows.stop - 1
    far = Example(example.source_image, joints[:14] * 0, joints[14:] * 0 + 63, example.target_image)
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
    rows = table(
        {
            "overall": {
                name: summarize([measure(example, image)] * 2) for name, image in images.items()
            },
            "networks": {"generated": {"seconds_per_image": 0.25}},
        }
    )
    assert rows[0] == ["", "generated", "copied source"]
    assert [row[0] for row in rows[1:3]] == ["L1, image", "L1, person's box"]
    assert rows[1][1] == "0.0000 +- 0.0000"
    assert rows[3][1] == "infinite"
    assert rows[-1] == ["seconds per image", "0.2500", ""]
