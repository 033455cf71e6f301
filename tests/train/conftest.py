import pytest
from training_runs import small_stages


@pytest.fixture(scope="session")
def stages(tmp_path_factory):
    """Flags of both training programs, on a small data set."""
    return small_stages(tmp_path_factory.mktemp("stages"))
