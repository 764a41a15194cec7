"""What is logged while a network trains: accuracies, losses and the way of its weights: rows of the catalog."""

import math

from indicators.measures.row import Indicator, evaluated_image, logged

ROWS: tuple[Indicator, ...] = (
    Indicator(
        "accuracy", "share of images classified right: running and evaluated on training, validation and test images",
        "0 none, 1 all; 1 / classes by chance",
        needs="record", of=logged, unit="share", bounds=(0, 1), section="6.1", resolution=evaluated_image,
    ),
    Indicator(
        "accuracy_beyond", "that accuracy a few epochs after the end of the training, where a study trains so far",
        "0 none, 1 all; 1 / classes by chance",
        needs="record", of=logged, unit="share", bounds=(0, 1), section="6.3.3", resolution=evaluated_image,
    ),
    Indicator(
        "history", "losses, accuracies and learning rate of every epoch",
        "losses from 0, accuracies from 0 to 1",
        needs="record", of=logged, unit="of its quantity", bounds=(0, math.inf), section="6.1",
        undefined="epochs after the end of the training",
    ),
    Indicator(
        "cosine_distance_by_epoch", "1 - cosine of the angle between initial and present kernel, after every epoch",
        "0 unmoved, 1 orthogonal, 2 opposite",
        needs="record", of=logged, unit="1 - cos", bounds=(0, 2), section="7.1",
        undefined="epochs after the end of the training",
    ),
)  # fmt: skip
