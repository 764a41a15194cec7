"""Directions and linear readers of activations, against scikit-learn and by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ortho_group
from sklearn.decomposition import PCA
from sklearn.linear_model import RidgeCV

from indicators.measures.representation import PENALTIES, centered_gram, effective_rank, probe_accuracy, spectrum


def activations(seed=0, images=40, neurons=15, classes=3, signal=1.0):
    rng = np.random.default_rng(seed)
    labels = np.arange(images) % classes
    return signal * rng.normal(size=(classes, neurons))[labels] + rng.normal(size=(images, neurons)), labels


# Directions


@pytest.mark.parametrize("neurons", [5, 40, 9000], ids=["fewer than images", "as many", "several blocks"])
def test_the_spectrum_is_that_of_principal_components(neurons):
    values, _ = activations(images=40, neurons=neurons)

    variances, _ = spectrum(centered_gram(values.astype(np.float32)))

    expected = PCA(svd_solver="full").fit(values.astype(np.float32).astype(float)).explained_variance_ * 39
    found = np.sort(variances)[::-1][: len(expected)]
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-8 * expected[0])


def test_orthogonal_directions_of_equal_variance_count_one_each():
    corners = np.vstack([np.eye(6), -np.eye(6)])

    assert effective_rank(spectrum(centered_gram(corners))[0]) == pytest.approx(6)


def test_two_directions_of_unequal_variance_by_hand():
    # Variances 3 : 1, so exp(-(3/4 log 3/4 + 1/4 log 1/4)).
    assert effective_rank([0.0, 1.0, 3.0]) == pytest.approx(4 / 3**0.75)


def test_a_single_direction_counts_one_and_none_is_undefined():
    line = np.outer(np.arange(5.0), [1.0, 2.0, -1.0])

    assert effective_rank(spectrum(centered_gram(line))[0]) == pytest.approx(1)
    assert np.isnan(effective_rank(spectrum(centered_gram(np.ones((5, 3))))[0]))


@given(st.integers(0, 1000))
def test_rotations_and_shifts_of_the_neurons_change_nothing(seed):
    values, labels = activations(seed)
    rng = np.random.default_rng(seed)
    moved = 3 * values @ ortho_group.rvs(15, random_state=rng) + rng.normal(size=15)

    (before, directions), (after, others) = (spectrum(centered_gram(part)) for part in (values, moved))

    assert effective_rank(before) == pytest.approx(effective_rank(after), rel=1e-9)
    assert 1 <= effective_rank(before) <= 15
    assert probe_accuracy(before, directions, labels) == probe_accuracy(after, others, labels)


# Linear readers


@pytest.mark.parametrize("signal", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("neurons", [5, 60])
def test_the_probe_is_a_ridge_regression_with_each_image_left_out(neurons, signal):
    values, labels = activations(3, images=45, neurons=neurons, signal=signal)
    centered = values - values.mean(0)
    penalties = np.array(PENALTIES) * (centered**2).sum() / len(values)
    one_hot = np.eye(3)[labels]

    errors, accuracies = [], []
    for penalty in penalties:
        guesses = []
        for image in range(len(values)):
            rest = np.arange(len(values)) != image
            # The centered inputs and the intercept of all images, as the closed form has them.
            x, y = centered[rest], one_hot[rest]
            design = np.hstack([x, np.ones((len(x), 1))])
            shrink = np.diag([penalty] * neurons + [0.0])
            weights = np.linalg.solve(design.T @ design + shrink, design.T @ y)
            guesses.append(np.hstack([centered[image], 1.0]) @ weights)
        errors.append(((one_hot - guesses) ** 2).mean())
        accuracies.append((np.argmax(guesses, axis=1) == labels).mean())

    assert probe_accuracy(*spectrum(centered_gram(values)), labels) == accuracies[int(np.argmin(errors))]


def test_the_probe_takes_the_penalty_that_scikit_learn_takes():
    values, labels = activations(5, images=60, neurons=20, signal=0.6)
    centered = values - values.mean(0)
    penalties = np.array(PENALTIES) * (centered**2).sum() / len(values)
    one_hot = np.eye(3)[labels]

    found = RidgeCV(penalties, store_cv_results=True).fit(values, one_hot)
    errors = found.cv_results_.mean((0, 1))
    best = int(np.argmin(errors))

    assert penalties[best] == found.alpha_
    # scikit-learn stores errors; whether the largest column is the right one follows from them for one-hot targets.
    assert 0.5 < probe_accuracy(*spectrum(centered_gram(values)), labels) <= 1


def test_separable_classes_are_read_and_random_labels_are_not():
    values, labels = activations(images=90, neurons=30, signal=5.0)
    noise = np.random.default_rng(1).permutation(labels)

    assert probe_accuracy(*spectrum(centered_gram(values)), labels) == 1
    assert probe_accuracy(*spectrum(centered_gram(values)), noise) < 0.55


def test_a_probe_of_nothing_is_undefined():
    assert np.isnan(probe_accuracy(*spectrum(centered_gram(np.ones((6, 3)))), np.arange(6) % 2))
    assert np.isnan(probe_accuracy(*spectrum(centered_gram(np.ones((1, 3)))), np.zeros(1, int)))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_activations_that_are_not_finite_are_refused(bad):
    values, _ = activations()
    values[3, 4] = bad

    with pytest.raises(ValueError, match="finite"):
        centered_gram(values)


def test_a_label_short_is_refused():
    values, labels = activations()

    with pytest.raises(ValueError, match=r"labels.shape=\(39,\): expected one label for each of 40 images"):
        probe_accuracy(*spectrum(centered_gram(values)), labels[:-1])
