"""Which claims are judged a second time, with the hidden layers split in thirds, and what that is told by."""

import pytest

from indicators.specs import LEVELS, OPTIMIZERS
from tests.plugin.suites import make_suite, run

CLAIMS = '''
import pytest

from indicators.claims.verbs import more
from indicators.claims.view import FIRST, HIDDEN, LAST, layers_in

CELL = {"optimizer": "sgd", "level": "low"}


def positive(values):
    return more(values.mean("layer"), CELL, than=0, by=0.5, unit="m")


def claim(name, **about):
    return pytest.mark.claim(name, tier="core", section="0", **about)


@claim("X1")
def test_last(study):
    """Heights of last layers exceed a half."""
    assert positive(layers_in(study["height"], LAST))


@claim("X2")
@pytest.mark.parametrize("part", [FIRST, LAST])
def test_each(study, part):
    """Heights of both ends exceed a half."""
    assert positive(layers_in(study["height"], part))


@claim("X3")
def test_hidden(study):
    """Heights of hidden layers exceed a half."""
    assert positive(layers_in(study["height"], *HIDDEN))


@claim("X4")
def test_whole(study):
    """Heights exceed a half."""
    assert positive(study["height"])


@claim("X5")
def test_with_a_folder(study, tmp_path):
    """Heights of last layers exceed a half."""
    assert positive(layers_in(study["height"], LAST))


@pytest.fixture
def chosen(study):
    return layers_in(study["height"], LAST)


@claim("X6")
def test_of_a_fixture(chosen):
    """Heights of last layers exceed a half."""
    assert positive(chosen)


@pytest.fixture(params=[LAST])
def named(study, request):
    return layers_in(study["height"], request.param)


@claim("X7")
def test_of_a_fixture_with_parameters(named):
    """Heights of last layers exceed a half."""
    assert positive(named)


@claim("X8")
def test_in_subtests(study, subtests):
    """Heights of last layers exceed a half."""
    with subtests.test():
        assert positive(layers_in(study["height"], LAST))
'''
LAYERS = [f"Conv{k}" for k in range(1, 12)]
"""Ten hidden layers, the last four of which are the last part, or the last three in thirds; and the output layer."""
LOW = "Conv7"
"""The layer that makes the difference: far below zero."""


def make_layers(folder, seeds):
    """A recorded study of networks whose heights are about 5 in all layers but one."""
    about = 'source = "none"\nunit = "m"\nquality = "exact"\nresolution = 1e-6\n'
    head = f'kind = "recorded"\nname = "layered"\nscale = "toy"\nseeds = {seeds}\nlayers = {LAYERS}\n'
    (folder / "layered.toml").write_text(f"{head}\n[measurements.height]\n{about}")
    heights = [
        f"{seed},{optimizer},{level},{layer},{(-100 if layer == LOW else 5) + 0.01 * seed}\n"
        for seed in range(seeds)
        for optimizer in OPTIMIZERS
        for level in LEVELS
        for layer in LAYERS
    ]
    (folder / "layered").mkdir()
    (folder / "layered" / "height.csv").write_text("seed,optimizer,level,layer,value\n" + "".join(heights))


def judged(folder, *arguments, seeds=3):
    """The verdict of every case, and that in thirds."""
    suite = make_suite(folder / "suite", CLAIMS)
    make_layers(suite, seeds)
    done = run(folder, "--study", "layered.toml", *arguments, suite=suite)
    return {name: (case["verdict"], case["in_thirds"]) for name, case in done.cases.items()}


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "shared"])
def test_a_claim_on_parts_of_the_network_is_judged_in_thirds_too_unless_fixtures_choose_what_it_sees(tmp_path, workers):
    assert judged(tmp_path, *workers) == {
        "test_last": ("refuted", "supported"),
        "test_each[first]": ("supported", None),
        "test_each[last]": ("refuted", "supported"),
        "test_hidden": ("refuted", None),
        "test_whole": ("refuted", None),
        "test_with_a_folder": ("refuted", None),
        "test_of_a_fixture": ("refuted", None),
        "test_of_a_fixture_with_parameters[last]": ("refuted", None),
        "test_in_subtests": ("refuted", None),
    }


def test_without_an_interval_nothing_is_judged_in_thirds(tmp_path):
    found = judged(tmp_path, "-k", "test_last or test_each", seeds=1)

    assert found == {
        "test_last": ("contradicted", None),
        "test_each[first]": ("consistent", None),
        "test_each[last]": ("contradicted", None),
    }
