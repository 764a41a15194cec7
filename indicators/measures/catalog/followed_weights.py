"""How single weights got to where they end: rows of the catalog."""

import math
from collections.abc import Callable
from typing import Any

from indicators.measures import trajectories
from indicators.measures.inputs import Trajectory
from indicators.measures.row import Indicator

BY_SIZE = {"final_size": trajectories.SIZES}
BY_SIZE_AND_STAGE = {"final_size": trajectories.SIZES, "stage": trajectories.STAGES}


def _followed(of: Callable[..., Any]) -> Callable[[Trajectory], Any]:
    return lambda course: of(course.weights, course.gradients, course.layer)


ROWS: tuple[Indicator, ...] = (
    Indicator(
        "gradient_size", "mean gradient of followed weights over their layer's, by final size and stage of training",
        "0 none, 1 as the layer's average",
        needs="trajectory", of=_followed(trajectories.gradient_size), axes=BY_SIZE_AND_STAGE,
        undefined="stages without an epoch, layers without a gradient",
        unit="layer mean", bounds=(0, math.inf), section="7.2.5", invariant=("scale", "sign"),
    ),
    Indicator(
        "gradient_sign_flips", "share of the epochs at which a followed weight's gradient changed its sign",
        "0 never, 1/2 as by chance, 1 always",
        needs="trajectory", of=_followed(trajectories.gradient_sign_flips), axes=BY_SIZE_AND_STAGE,
        undefined="stages without two epochs, weights without a gradient",
        unit="share", bounds=(0, 1), section="7.2.5", invariant=("scale", "sign"),
    ),
    Indicator(
        "weight_growth", "mean change of a followed weight's size from half of the training on, by its size at half",
        "0 none; mixing at random lets the smallest grow and the largest shrink",
        needs="trajectory", of=_followed(trajectories.weight_growth), axes={"half_size": trajectories.SIZES},
        undefined="trainings of a single epoch",
        unit="root mean square of its layer", bounds=(-math.inf, math.inf), section="7.2.5",
        invariant=("scale", "sign"),
    ),
    Indicator(
        "settling_time", "when followed weights come, to stay, to the third of their layer's sizes that they end in",
        "0 they start there, 1 they come with the last epoch",
        needs="trajectory", of=_followed(trajectories.settling_time), axes=BY_SIZE,
        undefined="trainings without an epoch",
        unit="share of the training", bounds=(0, 1), section="9.3", invariant=("scale", "sign"),
    ),
)  # fmt: skip
