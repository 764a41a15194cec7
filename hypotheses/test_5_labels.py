@pytest.mark.claim("A25", tier="secondary", section="8.3.7", figures="8.5", expected=0.016)
def test_untrained_neurons_know_hardly_anything_of_the_labels(study):
    """In no layer of the untrained network do neurons carry as much on the labels as marks a rise in trained ones."""
    information = study.untrained("label_information").max("layer")

    # A sixth of that threshold.
    assert less(information, {}, than=ONSET_OF_LABEL_INFORMATION, by=0.005, unit="I/H(labels)")


@pytest.mark.claim("A25", tier="secondary", section="8.3.7", figures="8.2, 8.5", expected=0)
def test_untrained_label_information_has_nothing_to_do_with_sharing(study):
    """Over the hidden layers of the untrained network, label information does not go with shared information."""
    nmi = layers_in(study.untrained("pairwise_nmi"), *HIDDEN)
    information = layers_in(study.untrained("label_information"), *HIDDEN)

    # A quarter of the variance of ranks; a dozen layers reach this by chance one time in ten.
    assert same(rank_correlation(nmi, information), {}, as_=0, within=0.5, unit="rank correlation")


@pytest.mark.claim("A25.batch", tier="control", section="8.3.7", figures="8.5", expected=0.016)
def test_untrained_neurons_of_a_normalized_network_know_hardly_anything_of_the_labels(study):
    """With estimated batch statistics too, untrained neurons carry hardly anything on the labels in any layer."""
    information = study.untrained("label_information", statistics="estimated").max("layer")

    # As for the original.
    assert less(information, {}, than=ONSET_OF_LABEL_INFORMATION, by=0.005, unit="I/H(labels)")


@pytest.mark.claim("A25.permuted", tier="control", section="8.3.7", figures="8.5", expected=0)
def test_untrained_neurons_know_no_more_of_the_labels_than_of_permuted_ones(study):
    """Neurons of the untrained network carry no more on the labels than on labels in random order."""
    beyond = difference(study.untrained("label_information"), study.untrained("label_information_floor"))

    # A sixth of the threshold where trained networks begin to rise.
    assert same(beyond, {}, as_=0, within=0.005, unit="I/H(labels)")


@pytest.mark.claim("A26", tier="core", section="8.3.7", figures="8.5", premise="separated levels", expected=0.098)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_last_layers_know_more_of_the_labels_in_better_recipes(study, optimizer):
    """In the last layers, neurons of networks that generalize better carry more information on the labels."""
    information = layers_in(study["label_information"], LAST)

    # What untrained neurons carry.
    assert rises(information, "level", {"optimizer": optimizer}, by=0.01, unit="I/H(labels)")


@pytest.mark.claim(
    "A26.test", tier="control", section="8.3.7", figures="8.5", premise="separated levels", expected=0.099
)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_last_layers_know_more_of_the_labels_of_test_images_in_better_recipes(study, optimizer):
    """In the last layers, neurons of networks that generalize better carry more on the labels of test images too."""
    information = layers_in(study.on_test_images("label_information"), LAST)

    # As for the original.
    assert rises(information, "level", {"optimizer": optimizer}, by=0.01, unit="I/H(labels)")


@pytest.mark.claim(
    "A26.permuted", tier="control", section="8.3.7", figures="8.5", premise="separated levels", expected=0.099
)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_last_layers_know_more_of_the_labels_than_of_permuted_ones_in_better_recipes(study, optimizer):
    """In the last layers, what neurons carry beyond labels in random order rises with generalization."""
    beyond = difference(study["label_information"], study["label_information_floor"])

    # As for the original.
    assert rises(layers_in(beyond, LAST), "level", {"optimizer": optimizer}, by=0.01, unit="I/H(labels)")


@pytest.mark.claim(
    "A26.living", tier="control", section="8.3.7", figures="8.4, 8.5", premise="separated levels", expected=0.099
)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_living_neurons_of_last_layers_know_more_of_the_labels_in_better_recipes(study, optimizer):
    """In the last layers, the information on the labels per living neuron rises with generalization."""
    information = study["label_information"] / (1 - study["never_active"])
    information.attrs["undefined"] = "layers without a living neuron"

    # As for the original.
    assert rises(layers_in(information, LAST), "level", {"optimizer": optimizer}, by=0.01, unit="I/H(labels)")


@pytest.mark.claim(
    "A26.matched", tier="control", section="8.3.7", figures="8.5", premise="equal accuracy at high", expected=0
)
@pytest.mark.parametrize(("one", "other"), PAIRS_OF_OPTIMIZERS)
def test_last_layers_know_as_much_of_the_labels_at_equal_accuracy(study, one, other):
    """At equal accuracy neurons of the last layers carry equally much on the labels, whatever trained them."""
    information = layers_in(study["label_information"], LAST)

    # A third of the least that the levels of one optimizer differed by in 2019.
    assert same(
        information, {"optimizer": one, "level": "high"}, as_={"optimizer": other}, within=0.03, unit="I/H(labels)"
    )


@pytest.mark.claim("A27", tier="core", section="8.3.7", figures="8.5", premise="separated levels", expected=0.25)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_label_information_rises_earlier_in_better_recipes(study, optimizer):
    """In networks that generalize better, information on the labels begins to rise in earlier layers."""
    information = layers_in(study["label_information"], CENTRAL, LAST)

    # Nearly a layer of VGG-16: less is the same layer.
    assert earlier(information, {"optimizer": optimizer}, along="level", threshold=ONSET_OF_LABEL_INFORMATION, by=0.05)


@pytest.mark.claim(
    "A27.thresholds", tier="control", section="8.3.7", figures="8.5", premise="separated levels", expected=0.26
)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_label_information_reaches_any_threshold_earlier_in_better_recipes(study, optimizer):
    """In networks that generalize better, label information reaches thresholds from 0.02 to 0.06 in earlier layers."""
    depths = onsets(layers_in(study["label_information"], CENTRAL, LAST), SEVERAL_ONSETS)

    # As for the original.
    assert falls(depths, "level", {"optimizer": optimizer}, by=0.05, unit="relative depth")


@pytest.mark.claim(
    "A27.test", tier="control", section="8.3.7", figures="8.5", premise="separated levels", expected=0.25
)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_label_information_of_test_images_rises_earlier_in_better_recipes(study, optimizer):
    """In networks that generalize better, information on the labels of test images rises in earlier layers too."""
    information = layers_in(study.on_test_images("label_information"), CENTRAL, LAST)

    # As for the original.
    assert earlier(information, {"optimizer": optimizer}, along="level", threshold=ONSET_OF_LABEL_INFORMATION, by=0.05)


@pytest.mark.claim(
    "A27.permuted", tier="control", section="8.3.7", figures="8.5", premise="separated levels", expected=0.25
)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_label_information_beyond_chance_rises_earlier_in_better_recipes(study, optimizer):
    """In networks that generalize better, what neurons carry beyond permuted labels rises in earlier layers too."""
    beyond = layers_in(difference(study["label_information"], study["label_information_floor"]), CENTRAL, LAST)

    # As for the original.
    assert earlier(beyond, {"optimizer": optimizer}, along="level", threshold=ONSET_OF_LABEL_INFORMATION, by=0.05)


@pytest.mark.claim("A28", tier="secondary", section="8.3.7", figures="8.2, 8.5", expected=0.38)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_sharing_goes_with_label_information_over_layers(study, optimizer):
    """From the central layers on, layers whose living neurons share more carry more on the labels."""
    nmi = layers_in(study["pairwise_nmi_live"], CENTRAL, LAST)
    information = layers_in(study["label_information"], CENTRAL, LAST)

    # Half is rough agreement; a tenth more is eight exchanges of neighbors among ten layers.
    assert more(rank_correlation(nmi, information), {"optimizer": optimizer}, than=0.5, by=0.1, unit="rank correlation")


@pytest.mark.claim("A29", tier="core", section="8.3.7", figures="8.2, 8.5", expected=0.12)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_label_information_rises_before_sharing(study, optimizer):
    """Information on the labels makes a quarter of its rise in earlier layers than information shared by neurons.

    2019 speaks of a few layers, two are expected; its own numbers give less than one by this measure.
    """
    known = relative_onset(layers_in(study["label_information"], CENTRAL, LAST), START_OF_A_RISE)
    shared = relative_onset(layers_in(study["pairwise_nmi_live"], CENTRAL, LAST), START_OF_A_RISE)

    # A third of a layer of VGG-16.
    assert more(difference(shared, known), {"optimizer": optimizer}, than=0, by=0.02, unit="relative depth")


@pytest.mark.claim("A29", tier="core", section="8.3.7", figures="8.5, 8.9", expected=0.12)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_label_information_rises_before_the_silhouette(study, optimizer):
    """Information on the labels makes a quarter of its rise in earlier layers than the silhouette."""
    silhouette = layers_in(study["silhouette_cosine"], CENTRAL, LAST)
    information = study["label_information"].sel(layer=silhouette["layer"].values)
    known, grouped = (relative_onset(profile, START_OF_A_RISE) for profile in (information, silhouette))

    # As for sharing.
    assert more(difference(grouped, known), {"optimizer": optimizer}, than=0, by=0.02, unit="relative depth")


@pytest.mark.claim("A29.half", tier="control", section="8.3.7", figures="8.2, 8.5", expected=0.12)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_label_information_makes_half_of_its_rise_before_sharing(study, optimizer):
    """Information on the labels makes half of its rise in earlier layers than information shared by neurons.

    Were it earlier as a whole, it would be so at any share of the rise. In 2019 that was nearly gone at half.
    """
    known = relative_onset(layers_in(study["label_information"], CENTRAL, LAST), 0.5)
    shared = relative_onset(layers_in(study["pairwise_nmi_live"], CENTRAL, LAST), 0.5)

    # As for the original.
    assert more(difference(shared, known), {"optimizer": optimizer}, than=0, by=0.02, unit="relative depth")


@pytest.mark.claim("A32", tier="secondary", section="8.3.7", expected=0.15)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_label_explains_most_of_what_neurons_share(study, optimizer):
    """In the last layers of the best networks, most of what two neurons share is gone once the label is known.

    2019 reasoned so without computing it. A finite number of images makes what is left look larger: with ten classes of
    a hundred, by 0.005 nats a pair.
    """
    given = layers_in(study["conditional_information"], LAST).mean("layer")
    whole = layers_in(study["pairwise_information"], LAST).mean("layer")

    # A twentieth more than half: most was claimed.
    assert more(
        1 - given / whole, {"optimizer": optimizer, "level": "high"}, than=0.5, by=0.05, unit="share of information"
    )


@pytest.mark.claim("A33", tier="secondary", section="8.3.7", premise="separated levels", expected=0.06)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_central_layers_tell_classes_apart_better_in_better_recipes(study, optimizer):
    """In the central layers, a linear classifier finds the class more often in networks that generalize better.

    2019 judged by the information of single neurons.
    """
    accuracy = layers_in(study["probe_accuracy"], CENTRAL)

    # Twenty of a thousand images: the standard error of one such accuracy is fifteen.
    assert rises(accuracy, "level", {"optimizer": optimizer}, by=0.02, unit="accuracy")


@pytest.mark.claim("A33.test", tier="control", section="8.3.7", premise="separated levels", expected=0.06)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_central_layers_tell_classes_of_test_images_apart_better_in_better_recipes(study, optimizer):
    """In the central layers, a linear classifier is right more often on test images too in better networks."""
    accuracy = layers_in(study.on_test_images("probe_accuracy"), CENTRAL)

    # As for the original.
    assert rises(accuracy, "level", {"optimizer": optimizer}, by=0.02, unit="accuracy")


@pytest.mark.claim("A30", tier="core", section="8.5", figures="8.5", premise="separated levels", expected=0.93)
def test_an_earlier_rise_of_label_information_marks_the_better_recipe(study):
    """Of networks alike in architecture and data, those in which label information rises earlier generalize better."""
    depth, _ = onset(layers_in(study["label_information"], CENTRAL, LAST), ONSET_OF_LABEL_INFORMATION)
    accuracy = study["accuracy"].sel(split="test", drop=True)

    # A tenth of the variance of ranks: a weaker tie marks no network.
    assert tracks(depth.rename("onset"), accuracy, sign=-1, by=0.3)


@pytest.mark.claim(
    "A30.thresholds", tier="control", section="8.5", figures="8.5", premise="separated levels", expected=0.93
)
def test_earlier_rises_past_any_threshold_mark_the_better_recipe(study):
    """Networks in which label information reaches thresholds from 0.02 to 0.06 earlier on average generalize better."""
    depths = onsets(layers_in(study["label_information"], CENTRAL, LAST), SEVERAL_ONSETS)
    accuracy = study["accuracy"].sel(split="test", drop=True)

    # As for the original.
    assert tracks(depths.mean("threshold").rename("onset"), accuracy, sign=-1, by=0.3)


@pytest.mark.claim("A30.test", tier="control", section="8.5", figures="8.5", premise="separated levels", expected=0.9)
def test_an_earlier_rise_on_test_images_marks_the_better_recipe(study):
    """Networks in which information on the labels of test images rises earlier generalize better."""
    information = layers_in(study.on_test_images("label_information"), CENTRAL, LAST)
    depth, _ = onset(information, ONSET_OF_LABEL_INFORMATION)
    accuracy = study["accuracy"].sel(split="test", drop=True)

    # As for the original.
    assert tracks(depth.rename("onset"), accuracy, sign=-1, by=0.3)


@pytest.mark.claim(
    "A30.matched", tier="control", section="8.5", figures="8.5", premise="equal accuracy at {level}", expected=0
)
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(("one", "other"), PAIRS_OF_OPTIMIZERS)
def test_label_information_rises_at_the_same_depth_at_equal_accuracy(study, one, other, level):
    """At equal accuracy label information begins to rise at the same depth, whatever trained the networks.

    The levels of one optimizer differ in learning rate as well as in generalization; optimizers at one level need not.
    """
    depth, _ = onset(layers_in(study["label_information"], CENTRAL, LAST), ONSET_OF_LABEL_INFORMATION)

    # Less than half of what the lowest and the highest level differed by in 2019.
    assert same(depth, {"optimizer": one, "level": level}, as_={"optimizer": other}, within=0.1, unit="relative depth")


@pytest.mark.claim("A34", tier="secondary", section="8.5", expected=0.15)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_neurons_become_more_selective_with_depth(study, optimizer):
    """In the best networks, neurons single out one class more and more from the central to the last layers.

    2019 did not measure it.
    """
    selectivity = layers_in(study["class_selectivity"], CENTRAL, LAST)

    # A twentieth of the scale, from all classes alike to one alone.
    assert rises(selectivity, "layer", {"optimizer": optimizer, "level": "high"}, by=0.05, unit="selectivity")
