import numpy as np
from published_weights import write_weights

from posewarp.saving import load_network
from posewarp.skeleton import UPPER_BODY
from posewarp.weights import load_published


def test_the_written_network_is_the_published_one_and_is_never_replaced(
    program, succeed, assert_refused, tmp_path
):
    weights = write_weights(tmp_path / "published.h5", UPPER_BODY)
    flags = {"weights": weights, "output": tmp_path / "new" / "upper.keras", "image_size": 64}
    assert "upper_body generator at 64 px" in succeed("train.import_weights", **flags).stdout

    written, published = load_network(flags["output"]), load_published(weights, image_size=64)
    assert written.config == published.config
    np.testing.assert_equal(written.get_weights(), published.get_weights())

    content = flags["output"].read_bytes()
    assert_refused(program("train.import_weights", **flags), r"upper\.keras: exists")
    assert flags["output"].read_bytes() == content
    assert [path.name for path in flags["output"].parent.iterdir()] == ["upper.keras"]
