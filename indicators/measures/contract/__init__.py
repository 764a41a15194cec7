"""The contract that every indicator keeps, checked on rows of the catalog and on a user's own in the same way.

    check_indicator(my_function, needs="layer", bounds=(0, 1), invariant=("images", "neurons"))

A check draws worlds, ordinary and degenerate ones, from a generator, asks the indicator about them and raises
ContractError where the answer is not what the row declares.
"""

from indicators.measures.contract.clauses import ContractError, check_indicator, checks

__all__ = ["ContractError", "check_indicator", "checks"]
