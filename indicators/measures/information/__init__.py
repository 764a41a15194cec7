"""What neurons tell about each other and about the labels, firing or not: arrays in, arrays out."""

from indicators.measures.information.across import nmi_across, nmi_across_floor
from indicators.measures.information.binarized import Active, Packed, as_packed, binarize, live, pack
from indicators.measures.information.conditional import conditional_information, conditional_nmi
from indicators.measures.information.entropies import AVERAGE_METHODS, entropy
from indicators.measures.information.labels import label_floor, label_information, label_nmi
from indicators.measures.information.pairs import AllPairs, all_pairs, nmi_histogram, pairwise_nmi
from indicators.measures.information.sampling import sample_pairs, sample_pairs_at_distance

__all__ = [
    "AVERAGE_METHODS",
    "Active",
    "AllPairs",
    "Packed",
    "all_pairs",
    "as_packed",
    "binarize",
    "conditional_information",
    "conditional_nmi",
    "entropy",
    "label_floor",
    "label_information",
    "label_nmi",
    "live",
    "nmi_across",
    "nmi_across_floor",
    "nmi_histogram",
    "pack",
    "pairwise_nmi",
    "sample_pairs",
    "sample_pairs_at_distance",
]
