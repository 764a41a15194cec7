"""Layers that fire or not, and references to fifty digits, for the tests of this folder."""

import mpmath
import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

layers = arrays(np.bool_, st.tuples(st.integers(1, 70), st.integers(2, 6)))


layers_and_labels = layers.flatmap(
    lambda active: st.tuples(st.just(active), arrays(np.int64, len(active), elements=st.integers(-2, 3)))
)


def every_pair(active):
    neurons = active.shape[1]
    return np.stack(np.meshgrid(range(neurons), range(neurons)), axis=-1).reshape(-1, 2)


def exact_nmi(table, average_method):
    """Normalized mutual information of a table of joint counts, and both entropies, to fifty digits."""
    with mpmath.workdps(50):
        total = mpmath.mpf(int(table.sum()))

        def entropy(counts):
            return -mpmath.fsum(int(n) / total * mpmath.log(int(n) / total) for n in np.ravel(counts) if n)

        rows, columns = entropy(table.sum(axis=1)), entropy(table.sum(axis=0))
        average = max(rows, columns) if average_method == "max" else (rows + columns) / 2
        return (rows + columns - entropy(table)) / average, rows, columns
