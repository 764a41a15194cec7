"""What an indicator looks at."""

import numpy as np
import pytest

from indicators.measures import clustering
from indicators.measures.inputs import Neuron


@pytest.mark.parametrize("few", [20, 30])
def test_a_neuron_is_looked_at_with_few_images_and_its_curve_with_all(few):
    rng = np.random.default_rng(0)
    inputs, weights = rng.normal(size=(30, 4)), rng.normal(size=4)
    active = inputs @ weights > 0
    neuron = Neuron(inputs, weights, active, few)

    for metric in clustering.METRICS:
        of_few = clustering.neighborhood_silhouette(inputs[:few], weights, active[:few], metric=metric)
        assert neuron.silhouettes[metric] == of_few
        of_all = clustering.neighborhood_curve(inputs, weights, active, metric=metric)
        np.testing.assert_array_equal(neuron.curve(metric), of_all.values)
