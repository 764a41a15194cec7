"""What can be done with a study where nothing is installed that trains networks."""

import pytest
from rich.console import Console

from indicators.errors import InputError
from indicators.study import choosing, workers
from tests.study.processes import pretend


def refuse():
    raise InputError("keras cannot be found")


@pytest.fixture
def nothing_trains(monkeypatch):
    monkeypatch.setattr(workers, "require_training", refuse)
    monkeypatch.setattr(choosing, "fetch", lambda *_: pytest.fail("images are fetched"))


@pytest.mark.usefixtures("nothing_trains")
def test_a_study_that_is_not_made_is_refused_before_its_images_are_fetched(make_study, store):
    with pytest.raises(InputError, match="keras cannot be found"):
        workers.make_study(make_study(), store, None, Console())


@pytest.mark.usefixtures("nothing_trains")
@pytest.mark.parametrize("only", [None, ("alignment",)], ids=["all of it", "some of it"])
def test_a_study_that_is_made_needs_nothing_that_trains(make_study, store, only):
    study = make_study()
    work = workers.Work(models=tuple(study.models()), measuring=study.measuring, folder=store.root)
    pretend(work, store)

    assert workers.make_study(study, store, None, Console(), only=only).undone(store) == []


@pytest.mark.usefixtures("nothing_trains")
def test_the_seeds_of_a_study_that_is_made_are_called(make_study, store):
    study, called = make_study(seeds=2), []
    pretend(workers.Work(models=tuple(study.models()), measuring=None, folder=store.root), store)

    workers.make_study(study, store, None, Console(), measuring=False, on_seed=called.append)

    assert called == [0, 1]
