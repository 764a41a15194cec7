"""What the report is tested on: the thesis's own numbers."""

import pytest

from indicators.sources.transcribed import load
from indicators.specs.files import STUDIES


@pytest.fixture(scope="session")
def thesis():
    return load(STUDIES / "thesis-2019.toml")
