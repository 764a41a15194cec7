"""Indicators of generalization, measured layer by layer in trained networks and put to empirical test.

Nothing heavy is imported here: each room is imported by name, for instance ``from indicators.measures import weights``.
"""

__version__ = "0.2.0"
DEFAULT_STUDY = "cifar10-mini"
