"""Error rates and power of every claim in simulated worlds (`make simulate`; `python -m tests.worlds.simulate -h`)."""

from __future__ import annotations

import argparse
import itertools
import math
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from indicators.claims.evidence import overall
from indicators.errors import InputError
from tests.worlds import verbs
from tests.worlds.claims import Claim, claims
from tests.worlds.rates import (
    NUISANCES,
    Verdicts,
    permuted,
    repeat,
    run_to_run_spread,
    share,
    surprise,
    true_effect,
    worst_share,
)
from tests.worlds.tables import ROWS, claim_of
from tests.worlds.world import Noise

Found = dict[tuple[str, int], Verdicts]

ERRORS = (("none", "supported", worst_share), ("by", "supported", worst_share), ("expected", "refuted", share))
"""What is planted, the verdict that would be wrong, and how its rate is taken."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the rates; the status is 1 where one is too high even for the highest of so many.

    Of a study: how often claims are supported once its networks are exchanged, 1 for more than one case in twenty. Of
    verbs: what single comparisons are answered in harder worlds, always 0.
    """
    options = _options(arguments)
    if options.verbs:
        return _of_verbs(options)
    chosen = [claim for claim in claims() if options.only in str(claim)]
    if options.study:
        try:
            return _of_study(chosen, options)
        except InputError as error:
            print(error)
            return 2
    chosen = [claim for claim in chosen if (claim.theme, claim.test) in ROWS]
    rates = len(options.worlds) * (len(chosen) * len(ERRORS) + 1) * len(_ends(options))
    bad = []
    for name in options.worlds:
        print(f"\n{name}, {options.repetitions} repetitions, spread {options.spread:g} of what counts")
        noise = replace(NUISANCES[name], spread=options.spread)
        bad += list(_print(_in_parallel(_rates, chosen, noise, options=options), options))
    print(
        f"\n{len(bad)} of {rates} rates are above 5 % with a confidence of 95 % each, by chance up to {rates / 20:.0f}:"
    )
    print("\n".join(f"{words} (p = {p:.1g})" for words, p in bad) or "none")
    beyond_chance = any(p < 0.05 / rates for _, p in bad)
    print("more than chance" if beyond_chance else "no more than chance")
    return int(beyond_chance)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=200)
    parser.add_argument("--seeds", type=int, nargs="+", default=[3, 5, 10])
    parser.add_argument("--spread", type=float, default=0.5, help="of one network's number, in units of what counts")
    parser.add_argument("--worlds", nargs="+", default=["plain"], choices=[*NUISANCES, "all"])
    parser.add_argument("--only", default="", help="part of theme:test")
    parser.add_argument("--verbs", action="store_true", help="single comparisons instead of claims, in harder worlds")
    parser.add_argument(
        "--study", help="permute the networks of a study instead, and compare what counts with its spread"
    )
    parser.add_argument("--store", type=Path, help="where the study's measurements are")
    parser.add_argument("--permutations", type=int, default=200)
    parser.add_argument("--processes", type=int, default=2)
    found = parser.parse_args(arguments)
    found.worlds = list(NUISANCES) if "all" in found.worlds else found.worlds
    return found


def _in_parallel(
    work: Callable[..., Any], chosen: Iterable[Claim], *rest: Any, options: argparse.Namespace
) -> Iterator[tuple[Claim, Any]]:
    """Every claim and what some work makes of it, in their order."""
    if options.processes == 1:
        yield from ((claim, work(claim.theme, claim.test, *rest, options)) for claim in chosen)
        return
    with ProcessPoolExecutor(options.processes) as pool:
        # By name: a claim cannot be sent to another process.
        jobs = [(claim, pool.submit(work, claim.theme, claim.test, *rest, options)) for claim in chosen]
        for claim, job in jobs:
            yield claim, job.result()


# --- Rates in simulated worlds


def _rates(theme: str, test: str, noise: Noise, options: argparse.Namespace) -> Found:
    """Verdicts by what was planted and by the number of seeds."""
    claim = claim_of(theme, test)
    planted = {"none": 0.0, "by": claim.by, "expected": true_effect(claim)}
    if claim.verb == "same" or claim.by == 0:
        del planted["none"]
    return {
        (name, seeds): repeat(
            claim,
            effect,
            seeds=seeds,
            repetitions=options.repetitions,
            noise=noise,
            rng=np.random.default_rng([seeds, len(name), *test.encode()]),
        )
        for name, effect in planted.items()
        for seeds in (options.seeds if name == "expected" else _ends(options))
    }


def _ends(options: argparse.Namespace) -> list[int]:
    return sorted({min(options.seeds), max(options.seeds)})


def _print(rates: Iterable[tuple[Claim, Found]], options: argparse.Namespace) -> Iterator[tuple[str, float]]:
    """Prints a line for each; what is too high, in words, and the probability of such by chance."""
    ends = "".join(f"{seeds:>7}" for seeds in _ends(options))
    width = len(ends)
    print(f"{'seeds':40}{ends}{ends}{ends}" + "".join(f"{seeds:>5}" for seeds in options.seeds))
    print(f"{'claim':40}{'none: s.':>{width}}{'by: s.':>{width}}{'exp.: R':>{width}}  expected: s.   (rates in %)")
    kept = []
    for claim, found in rates:
        kept.append((claim, found))
        errors = list(_errors(claim, found, options))
        power = "".join(f"{100 * share(found['expected', seeds], 'supported'):5.0f}" for seeds in options.seeds)
        label = f"{claim.id} {claim.test.removeprefix('test_')}"[:40]
        print(f"{label:40}{''.join(cell for cell, *_ in errors)}{power}", flush=True)
        yield from ((words, p) for _, words, p in errors if p < 0.05)
    yield from _of_suite(kept, options)


def _errors(claim: Claim, found: Found, options: argparse.Namespace) -> Iterator[tuple[str, str, float]]:
    """Every rate of error as the table shows it, in words, and the probability of such a one if it were 5 %."""
    for planted, verdict, measure in ERRORS:
        for seeds in _ends(options):
            verdicts = found.get((planted, seeds))
            if verdicts is None:
                yield f"{'-':>7}", "", 1.0
                continue
            rate = measure(verdicts, verdict)
            chances = len(claim.cases) if measure is worst_share else 1
            p = min(chances * surprise(rate, len(verdicts)), 1.0)
            words = f"{claim} ({claim.id}): {verdict} at {planted}, {seeds} seeds: {100 * rate:.1f} %"
            yield f"{100 * rate:>6.1f}{'!' if p < 0.05 else ' '}", words, p


def _of_suite(kept: list[tuple[Claim, Found]], options: argparse.Namespace) -> Iterator[tuple[str, float]]:
    """How often any claim at all is supported where nothing has an effect, each in worlds of its own."""
    for seeds in _ends(options):
        tests = [(claim.id, found["none", seeds]) for claim, found in kept if ("none", seeds) in found]
        names = {name for name, _ in tests}
        alarms = [
            any(
                overall([case for name, test in tests if name == one for case in test[k]]) == "supported"
                for one in names
            )
            for k in range(options.repetitions)
        ]
        rate = float(np.mean(alarms))
        words = f"any of {len(names)} claims supported without any effect, {seeds} seeds: {100 * rate:.1f} %"
        print(words)
        if (p := surprise(rate, options.repetitions)) < 0.05:
            yield words, p


# --- Rates by verb


def _of_verbs(options: argparse.Namespace) -> int:
    print(
        "supported | refuted where the effect is what counts | supported two standard deviations of a run beyond, in %"
    )
    chosen = [asked for asked in verbs.COMPARISONS if options.only in asked.name]
    for spreads, shape in itertools.product(verbs.SPREADS, verbs.SHAPES):
        print(f"\nspreads {spreads}, {shape}, {options.repetitions} repetitions, seeds {options.seeds}")
        noise = replace(verbs.SPREADS[spreads], **verbs.SHAPES[shape])
        for asked in chosen:
            found = verbs.rates(asked, noise, options.seeds, options.repetitions, np.random.default_rng(1))
            print(f"{asked.name:26}{' | '.join(_percent(one) for one in found)}", flush=True)
    print(f"\nnine recipes whose means say nothing of the networks of one: supported, seeds {options.seeds}")
    for means in verbs.RECIPES:
        told = verbs.of_recipes(means, options.seeds, options.repetitions, np.random.default_rng(1))
        print("\n".join(f"{means:36}{name:26}{_percent(one)}" for name, one in told.items()), flush=True)
    print(f"\nlooks at {verbs.LOOKS} seeds: the last alone, each at 5 %, each at its own level, judged again")
    for spreads, asked in itertools.product(verbs.SPREADS, chosen):
        told = verbs.looks(asked, verbs.SPREADS[spreads], options.repetitions, np.random.default_rng(1))
        print(f"{spreads:24}{asked.name:26}{_percent(told)}", flush=True)
    return 0


def _percent(shares: Iterable[float]) -> str:
    return "".join(f"{100 * one:7.1f}" for one in shares)


# --- What the networks of a real study say


def _of_study(chosen: list[Claim], options: argparse.Namespace) -> int:
    print("claims that contrast networks, supported with the networks exchanged within each seed")
    print(f"{'claim':60}{'cases':>6}{'supported':>10}{'spread':>9}{'by':>8}")
    total = np.zeros(2)
    for claim, (cases, supported, judged, spread) in _in_parallel(_in_study, chosen, options=options):
        if not judged and math.isnan(spread):
            continue
        total += supported, judged
        label = f"{claim.id} {claim.test.removeprefix('test_')}"
        rate = f"{100 * supported / judged:.1f}" if judged else "-"
        warning = "  by is less than twice the spread" if claim.by < 2 * spread else ""
        print(f"{label[:60]:60}{cases:>6}{rate:>10}{spread:>9.2g}{claim.by:>8.2g}{warning}", flush=True)
    rate = total[0] / max(total[1], 1)
    print(f"in all: {100 * rate:.1f} % of {total[1]:.0f}")
    return int(rate > 0.05)


def _in_study(theme: str, test: str, options: argparse.Namespace) -> tuple[int, int, int, float]:
    """Cases that contrast networks, how often they were supported and judged, and the spread from run to run."""
    from indicators.sources.source import open_source
    from indicators.store import Store
    from indicators.study.choosing import choose_study

    claim = claim_of(theme, test)
    store = Store(options.store)
    source = open_source(choose_study(store, options.study), store)
    answers = permuted(claim, source, permutations=options.permutations, rng=np.random.default_rng(0))
    spread = run_to_run_spread(claim, source)
    verdicts = [answer.verdict for study in answers for answer in study]
    return len(answers[0]) if answers else 0, verdicts.count("supported"), len(verdicts), spread


if __name__ == "__main__":
    start = time.monotonic()
    status = main()
    print(f"{time.monotonic() - start:.0f} s")
    sys.exit(status)
