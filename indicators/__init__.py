"""Indicators of generalization, measured layer by layer in trained networks and put to empirical test.

Nothing heavy is imported here: each room is imported by name, for instance ``from indicators import weights``.
"""

__version__ = "0.1.0"
DEFAULT_STUDY = "cifar10-mini"
