"""What claims ask for is found by asking them, before anything is trained, and no more than that is made."""

import json

import pytest

from tests.plugin.suites import make_suite, run

SPY = """
import json, os, pathlib
from indicators.errors import InputError
from indicators.study import workers

def make_study(study, store, source, console, *, only, variants):
    pathlib.Path(os.environ["SPY"]).write_text(json.dumps(only))
    raise InputError("nothing is made here")

workers.make_study = make_study
"""

CLAIMS = '''
import pytest

from indicators.claims.verbs import more, same
from indicators.claims.view import LAST, layers_in

CONSTANT = "norm_ratio"
STEP = 0.01


def claim(name, **about):
    return pytest.mark.claim(name, **{"tier": "secondary", "section": "0", **about})


@claim("X1")
@pytest.mark.parametrize("name", ["hoyer_sparsity", "entropy"])
def test_a_parameter_names_it(study, name):
    """The parameter is above zero."""
    assert more(study[name], {"optimizer": "sgd"}, than=0, by=2 * STEP)


@claim("X2", premise="separated levels")
def test_a_constant_and_a_variable_name_it(study):
    """The constant is above the variable."""
    variable = "cosine_" + "distance"
    assert more(study[CONSTANT] - study[variable], {}, than=0, by=STEP / 2)


def helped(study, name="zero_ratio"):
    return layers_in(study.untrained(name), LAST)


@claim("X3")
def test_a_helper_names_it(study):
    """What helps is one."""
    assert same(helped(study), {}, as_=1, within=STEP)


@pytest.fixture(params=["label_information", "silhouette_cosine"])
def measured(study, request):
    return study[request.param]


@claim("X4")
def test_a_fixture_names_it(measured):
    """What is fixed is one."""
    print("this is not seen")
    assert same(measured, {}, as_=1, within=STEP)


@claim("X5")
def test_what_is_kept_while_training_needs_no_measuring(study):
    """Networks are right."""
    assert more(study["accuracy"], {"split": "test"}, than=0, by=STEP)


@claim("X6", needs="a sweep of rates")
def test_what_no_study_has_is_foreseen(study):
    """A sweep is steep."""
    assert more(study["accuracy_by_rate"], {}, than=0, by=STEP)


@claim("X8")
def test_every_comparison_is_asked(study, tmp_path, subtests):
    """Nothing is above nine, and still the next is asked for."""
    assert more(study["settling_time"], {}, than=9, by=STEP)
    for one in ("alignment", "effective_rank"):
        with subtests.test(one=one):
            assert more(study[one], {}, than=9, by=STEP)


@claim("X9")
@pytest.mark.skip(reason="not here")
def test_what_is_left_out_is_not_asked(study):
    """What nobody looks at is not needed."""
    assert more(study["always_active"], {}, than=0, by=STEP)


@claim("X7")
def test_it_breaks_on_made_up_numbers(study):
    """Only what is measured is measured."""
    study["weight_growth"]
    raise KeyError("only this")
'''
ASKED = {
    "hoyer_sparsity", "entropy", "norm_ratio", "cosine_distance", "zero_ratio", "label_information",
    "silhouette_cosine", "weight_growth", "settling_time", "alignment", "effective_rank",
}  # fmt: skip


def asked(folder, *arguments, claims=CLAIMS):
    """A run on a study that has to be trained, and the measurements that it would make; None where it did not begin."""
    suite = make_suite(folder / "suite", claims)
    (folder / "spy.py").write_text(SPY)
    done = run(folder, "-p", "spy", *arguments, suite=suite, SPY=str(folder / "asked.json"))
    file = folder / "asked.json"
    return done, set(json.loads(file.read_text())) if file.is_file() else None


@pytest.mark.parametrize("workers", [(), ("-n", "2"), ("--dist", "each", "--tx", "2*popen")], ids=" ".join)
def test_measurements_are_found_whoever_names_them(tmp_path, workers):
    done, names = asked(tmp_path, *workers)

    assert names == ASKED
    assert "this is not seen" not in done.output
    assert "ERROR: nothing is made here" in done.output
    assert done.status == 4


def test_only_what_the_chosen_claims_ask_for_is_measured(tmp_path):
    _, names = asked(tmp_path, "-k", "X1 and entropy or X3")

    assert names == {"entropy", "zero_ratio"}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ('study["hoyer_sparsity"]', ""),
        ('study["hoyer_sparsty"]', "'hoyer_sparsty' is no measurement; did you mean 'hoyer_sparsity'?"),
        ('study["hoyer_" + str(1)]', "'hoyer_1' is no measurement"),
        ('layers_in(study["entropy"], "lst")', "part 'lst' does not exist; choose from ("),
    ],
)
@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "shared"])
def test_what_no_network_could_answer_is_refused_before_anything_is_made(tmp_path, wrong, message, workers):
    claims = CLAIMS.replace("study[name]", wrong)
    done, names = asked(tmp_path, *workers, claims=claims)

    errors = [line for line in done.output.splitlines() if line.startswith("ERROR: ")]
    assert len(errors) == 1
    assert (names is None) == bool(message)
    if message:
        assert errors[0].startswith("ERROR: hypotheses/test_1_trials.py::test_a_parameter_names_it[")
        assert f"]: {message}" in errors[0]
        assert errors[0].endswith(" (and 1 more claims in error)")
    assert "INTERNALERROR" not in done.output
    assert done.status == 4


LEAK = '''
import os
import pathlib
import pytest
from indicators.claims.verbs import more

KEPT = {}


@pytest.mark.claim("X1", tier="core", section="0")
def test_it_keeps_what_it_saw(study, record_property):
    """Numbers are kept."""
    with pathlib.Path(os.environ["SPY"] + ".seen").open("a") as file:
        file.write(f"{os.getpid()} {study.name}\\n")
    record_property("mine", 1)
    assert more(KEPT.setdefault("height", study["entropy"]), {}, than=0, by=0.1)
'''


def test_claims_are_asked_in_a_process_of_their_own(tmp_path):
    """What they keep, set or note there cannot be taken for what they do when they are judged."""
    done, names = asked(tmp_path, claims=LEAK)
    (line,) = (tmp_path / "asked.json.seen").read_text().splitlines()

    assert names == {"entropy"}
    assert line.endswith(" stand-in")
    assert "ERROR: nothing is made here" in done.output


def test_what_a_premise_looks_at_is_measured_too(tmp_path):
    claims = LEAK.replace('section="0")', 'section="0", premise="separated levels and weights turned")')

    _, names = asked(tmp_path, claims=claims)

    assert names == {"entropy", "cosine_distance"}


def test_a_premise_that_does_not_exist_is_refused_before_anything_is_made(tmp_path):
    done, names = asked(tmp_path, claims=CLAIMS.replace("separated levels", "separate levels"))

    assert "premise 'separate levels' does not exist: choose from [" in done.output
    assert (names, done.status) == (None, 4)
