"""Commands are called as functions; the work behind some of them is put in its place."""

import pytest

from indicators.study import choosing, workers


@pytest.fixture(autouse=True)
def plain(tmp_path, monkeypatch):
    """A store of its own, and output without colors or the width of somebody's terminal."""
    monkeypatch.setenv("INDICATORS_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("COLUMNS", "200")
    for name in ("FORCE_COLOR", "PY_COLORS", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def made(tmp_path, monkeypatch):
    """The works that commands asked for, instead of trained networks."""
    works = []
    monkeypatch.setattr(choosing, "fetch", lambda *_: tmp_path)
    monkeypatch.setattr(workers, "make", lambda work, *_: works.append(work))
    return works
