"""Error rates and power of every claim in simulated worlds (`make simulate`; `python -m tests.worlds.simulate -h`)."""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from indicators.evidence import NotApplicable, overall
from tests.worlds.claims import Claim, claims
from tests.worlds.generator import Noise
from tests.worlds.rates import (
    NUISANCES,
    Verdicts,
    permuted,
    repeat,
    run_to_run_spread,
    share,
    too_high,
    true_effect,
    worst_share,
)
from tests.worlds.tables import ROWS, claim_of

WORKERS = 2


@dataclass(frozen=True)
class Rates:
    """What was found of one test function: verdicts by what was planted and by the number of seeds."""

    claim: str
    id: str
    test: str
    cases: int
    found: dict[tuple[str, int], Verdicts]
    planted: dict[str, float]


def main() -> int:
    """Print the rates; the status is 1 where one is too high."""
    options = _options()
    chosen = [claim for claim in claims() if options.only in str(claim) and (claim.theme, claim.test) in ROWS]
    if options.study:
        return _of_study(options)
    bad = []
    for name in options.worlds:
        print(f"\n{name}, {options.repetitions} repetitions, spread {options.spread:g} of what counts")
        noise = replace(NUISANCES[name], spread=options.spread)
        bad += list(_print(_in_parallel(_rates, chosen, noise, options), options))
    print(f"\n{len(bad)} rates are above 5 % (95 % confidence each, of {_count(chosen, options)}):")
    print("\n".join(bad) or "none")
    return 1 if bad else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=200)
    parser.add_argument("--seeds", type=int, nargs="+", default=[3, 5, 10])
    parser.add_argument("--spread", type=float, default=0.5, help="of one network's number, in units of what counts")
    parser.add_argument("--worlds", nargs="+", default=["plain"], choices=[*NUISANCES, "all"])
    parser.add_argument("--only", default="", help="part of theme:test")
    parser.add_argument(
        "--study", help="permute the networks of a study instead, and compare what counts with its spread"
    )
    parser.add_argument("--store", type=Path, help="where the study's measurements are")
    parser.add_argument("--permutations", type=int, default=200)
    found = parser.parse_args()
    found.worlds = list(NUISANCES) if "all" in found.worlds else found.worlds
    return found


def _in_parallel(work: Callable[..., Any], chosen: Iterable[Claim], *rest: Any) -> Iterator[Any]:
    """What some work makes of every claim, in their order, by two processes."""
    with ProcessPoolExecutor(WORKERS) as pool:
        jobs = [pool.submit(work, claim.theme, claim.test, *rest) for claim in chosen]
        for job in jobs:
            yield job.result()


# --- Rates in simulated worlds


def _rates(theme: str, test: str, noise: Noise, options: argparse.Namespace) -> Rates:
    claim = claim_of(theme, test)
    planted = {"none": 0.0, "by": claim.by, "expected": true_effect(claim)}
    if claim.verb == "same" or claim.by == 0:
        del planted["none"]
    found = {
        (name, seeds): repeat(
            claim,
            effect,
            seeds=seeds,
            repetitions=options.repetitions,
            noise=noise,
            rng=np.random.default_rng([seeds, len(name), *test.encode()]),
        )
        for name, effect in planted.items()
        for seeds in (options.seeds if name == "expected" else {min(options.seeds), max(options.seeds)})
    }
    return Rates(str(claim), claim.id, claim.test, len(claim.cases), found, planted)


def _print(all_rates: Iterable[Rates], options: argparse.Namespace) -> Iterator[str]:
    few, many = min(options.seeds), max(options.seeds)
    power = "".join(f"{seeds:>6}" for seeds in options.seeds)
    print(f"{'':34}{'supported at 0':>15}{'at by':>13}{'refuted at exp.':>16}  power at expected")
    print(f"{'claim':34}{few:>9}{many:>6}{few:>7}{many:>6}{few:>9}{many:>6}{power}  seeds")
    kept = []
    for rates in all_rates:
        kept.append(rates)
        cells, errors = [], []
        for planted, verdict, measure in (
            ("none", "supported", worst_share),
            ("by", "supported", worst_share),
            ("expected", "refuted", share),
        ):
            for seeds in (few, many):
                verdicts = rates.found.get((planted, seeds))
                if verdicts is None:
                    cells.append("-")
                    continue
                rate = measure(verdicts, verdict)
                chances = rates.cases if measure is worst_share else 1
                high = too_high(rate, len(verdicts), chances=chances)
                cells.append(f"{100 * rate:.1f}{'!' if high else ''}")
                if high:
                    errors.append(
                        f"{rates.claim} ({rates.id}): {verdict} at {planted}, {seeds} seeds: {100 * rate:.1f} %"
                    )
        cells += [f"{100 * share(rates.found['expected', seeds], 'supported'):.0f}" for seeds in options.seeds]
        widths = [9, 6, 7, 6, 9, 6, *(6 for _ in options.seeds)]
        label = f"{rates.id} {rates.test.removeprefix('test_')}"[:34]
        print(
            f"{label:34}" + "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True)), flush=True
        )
        yield from errors
    yield from _of_suite(kept, options)


def _of_suite(kept: list[Rates], options: argparse.Namespace) -> Iterator[str]:
    """How often any claim at all is supported where nothing has an effect, claims drawn independently."""
    for seeds in options.seeds:
        by_id: dict[str, list[Verdicts]] = {}
        for rates in kept:
            if verdicts := rates.found.get(("none", seeds)):
                by_id.setdefault(rates.id, []).append(verdicts)
        alarms = [
            [overall([case for test in tests for case in test[k]]) == "supported" for tests in by_id.values()]
            for k in range(options.repetitions)
        ]
        rate = float(np.mean([any(claims) for claims in alarms])) if by_id else math.nan
        print(f"any of {len(by_id)} claims supported without any effect, {seeds} seeds: {100 * rate:.1f} %")
        if by_id and too_high(rate, options.repetitions):
            yield f"the suite: any claim supported without effect, {seeds} seeds: {100 * rate:.1f} %"


def _count(chosen: list[Claim], options: argparse.Namespace) -> int:
    return len(options.worlds) * (len(chosen) * 6 + len(options.seeds))


# --- What the networks of a real study say


def _of_study(options: argparse.Namespace) -> int:
    print("claims that contrast networks, supported with the networks exchanged within each seed")
    print(f"{'claim':60}{'cases':>6}{'supported':>10}{'spread':>9}{'by':>8}")
    total = np.zeros(2)
    for row in _in_parallel(_in_study, [claim for claim in claims() if options.only in str(claim)], options):
        if row is None:
            continue
        label, cases, supported, judged, spread, by = row
        total += supported, judged
        rate = f"{100 * supported / judged:.1f}" if judged else "-"
        warning = "  by is less than twice the spread" if by < 2 * spread else ""
        print(f"{label[:60]:60}{cases:>6}{rate:>10}{spread:>9.2g}{by:>8.2g}{warning}", flush=True)
    rate = total[0] / max(total[1], 1)
    print(f"in all: {100 * rate:.1f} % of {total[1]:.0f}")
    return int(rate > 0.05)


def _in_study(theme: str, test: str, options: argparse.Namespace) -> tuple[Any, ...] | None:
    from indicators.selection import choose_study
    from indicators.store import Store
    from indicators.view import open_source

    claim = next(claim for claim in claims(theme) if claim.test == test)
    store = Store(options.store)
    source = open_source(choose_study(store, options.study), store)
    try:
        spread, _ = run_to_run_spread(claim, source)
        answers = permuted(claim, source, permutations=options.permutations, rng=np.random.default_rng(0))
    except NotApplicable:
        return None
    verdicts = [answer.verdict for study in answers for answer in study]
    label = f"{claim.id} {test.removeprefix('test_')}"
    cases = len(answers[0]) if answers else 0
    return label, cases, verdicts.count("supported"), len(verdicts), spread, claim.by


if __name__ == "__main__":
    start = time.monotonic()
    status = main()
    print(f"{time.monotonic() - start:.0f} s")
    sys.exit(status)
