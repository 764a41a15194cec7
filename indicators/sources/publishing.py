"""Writes the measurements of a study as one netCDF file that describes itself, beside what was published before."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import xarray as xr
from filelock import FileLock

from indicators.errors import InputError, NotApplicable, NotMeasured
from indicators.files import put_in_place, sha256_of_file
from indicators.images.dataset import checksums
from indicators.measures.catalog import CATALOG
from indicators.measures.row import Way
from indicators.sources.published import ENGINE, PublishedStudy, place_of, published_at
from indicators.sources.stored import Measurements
from indicators.specs import StudySpec
from indicators.specs.files import NEXT, read_toml, write_table

PACKED = {"dtype": "float32", "zlib": True, "complevel": 9, "shuffle": True}


def publish(measured: Measurements, folder: Path, earlier: PublishedStudy | None = None) -> Path:
    """Writes everything measured of a study as `STUDY-recorded.nc`, and the study's file beside it; returns that.

    `earlier`: the same study published before, whose seeds come beside those measured here; of networks that both have,
    what is measured by now is filled in. A measurement that one of the networks here lacks is left out for all of them,
    and one that a seed lacks is not applicable. Numbers are rounded to single precision. Raises InputError for networks
    that are not trained, and for an earlier study that was made otherwise or has other networks of the same seeds.
    """
    study = measured.study
    if earlier is not None:
        require_alike(earlier, study)
        require_same_networks(earlier, measured)
    before = earlier.seeds if earlier is not None else ()
    name = f"{study.name}-recorded"
    path, file = folder / f"{name}.nc", folder / f"{name}.toml"
    folder.mkdir(parents=True, exist_ok=True)
    _require_nothing_lost(path, file, {*before, *study.seed_numbers})
    unfinished = path.with_suffix(f".{os.getpid()}.part")
    try:
        try:
            _write(unfinished, measured, earlier)
        except (OSError, RuntimeError) as error:
            raise InputError(f"{path} cannot be written ({error}); what was there before is as it was") from error
        about = {
            "name": name,
            "kind": "recorded",
            "scale": study.scale,
            "seeds": len({*before, *study.seed_numbers}),
            "description": f"The measurements of {study.name}: {study.description}",
            "sha256": sha256_of_file(unfinished),
        }
        _replace(path, unfinished, file, about)
    finally:
        unfinished.unlink(missing_ok=True)
    return file


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Lets one process at a time read what is published in a folder and write it anew."""
    with FileLock(folder / ".publishing.lock"):
        yield


def _require_nothing_lost(path: Path, file: Path, seeds: Collection[int]) -> None:
    """Raises InputError where what is about to be written lacks seeds of what is there, or that cannot be told."""
    if path.is_file() and not file.is_file():
        raise InputError(f"{path} has no {file.name} beside it that says what it is; move it, or publish elsewhere")
    if not file.is_file():
        return
    if lost := sorted({*published_at(file).seeds} - {*seeds}):
        raise InputError(
            f"{file} has seed {', '.join(map(str, lost))}, which would be lost; keep it with --add-to {file}, "
            "or publish elsewhere"
        )


def _replace(path: Path, finished: Path, file: Path, about: Mapping[str, Any]) -> None:
    """Puts a finished file, and what the study's file says of it, in the place of those before, both or neither.

    The study's file announces what is to come before it comes: whatever a crash leaves is one study or the other.
    """
    comment = "Written by `indicators publish`; the measurements are in the netCDF file beside this one."
    if path.is_file() and file.is_file():
        write_table({**read_toml(file), NEXT: dict(about)}, file, comment=comment)
    put_in_place(finished, path)
    write_table(about, file, comment=comment)


def _write(path: Path, measured: Measurements, earlier: PublishedStudy | None) -> None:
    groups, encoding = {"/": xr.Dataset(attrs=_about(measured, earlier))}, dict[str, Any]()
    _add(groups, encoding, "", measured, earlier)
    for variant in measured.study.variants:
        for number, label in enumerate(measured.factors[variant.factor]):
            place, part = place_of(variant.factor, number), measured.at(variant.factor, label)
            groups[place] = xr.Dataset(attrs=_described_layers(part))
            before = earlier.at(variant.factor, label) if earlier is not None else None
            _add(groups, encoding, place, part, before, variant.indicators)
    xr.DataTree.from_dict(groups).to_netcdf(path, engine=ENGINE, encoding=encoding)


def _add(
    groups: dict[str, xr.Dataset],
    encoding: dict[str, Any],
    place: str,
    measured: Measurements,
    earlier: PublishedStudy | None,
    only: Sequence[str] = (),
) -> None:
    """Everything measured of some networks, by its group below a place in the file."""
    networks = measured.networks()
    groups[f"{place}/networks"] = networks if earlier is None else _beside(earlier.networks(), networks)
    for group, values in _everything(measured, earlier, only):
        groups[f"{place}/{group}"], encoding[f"{place}/{group}"] = values.to_dataset(), {values.name: PACKED}


Of = TypeVar("Of", xr.DataArray, xr.Dataset)


def _beside(earlier: Of, here: Of) -> Of:
    """The seeds of both, in order; NaN for epochs that the networks of one did not train."""
    kept = earlier.sel(seed=~earlier["seed"].isin(here["seed"]))
    return xr.concat([kept, here], "seed", join="outer", combine_attrs="override").sortby("seed")


def require_alike(earlier: PublishedStudy, study: StudySpec) -> None:
    """Raises InputError where a study differs from an earlier one in what decides its numbers."""
    then, now = json.loads(earlier.attrs["study"]), _described(study)
    for field in sorted((then.keys() | now.keys()) - {"seeds", "first_seed", "description", "targets", "rotation"}):
        if then.get(field) != now.get(field):
            raise InputError(
                f"{earlier.name} was made with another {field}: {then.get(field)}, here {now.get(field)}; "
                "measure its seeds anew, or publish these apart"
            )


def require_same_networks(earlier: PublishedStudy, measured: Measurements) -> None:
    """Raises InputError where the networks of a seed are others than those of an earlier study."""
    for seed in sorted(set(earlier.seeds) & set(measured.seeds)):
        # Two trainings never take the same time to the last digit.
        if not earlier.networks().sel(seed=seed).equals(measured.networks().sel(seed=seed)):
            raise InputError(
                f"{earlier.name} has seed {seed} already, of other networks; "
                "choose others with --first-seed and --seeds"
            )


def left_out(measured: Measurements) -> list[str]:
    """What `publish` leaves out because some of the networks lack it: names of measurements, and of what factor."""
    parts: list[tuple[str, Measurements, Sequence[str]]] = [("", measured, ())]
    for variant in measured.study.variants:
        of = f" along {variant.factor}"
        parts += [
            (of, measured.at(variant.factor, label), variant.indicators) for label in measured.factors[variant.factor]
        ]
    return list(dict.fromkeys(f"{name}{of}" for of, part, only in parts for name in _lacking(part, only)))


def _lacking(measured: Measurements, only: Sequence[str]) -> Iterator[str]:
    for row in CATALOG:
        for way in row.ways if row.name in (only or (row.name,)) else ():
            try:
                with suppress(NotApplicable):
                    measured.taken(row.name, way)
            except NotMeasured:
                yield row.name


def _everything(
    measured: Measurements, earlier: PublishedStudy | None, only: Sequence[str] = ()
) -> Iterator[tuple[str, xr.DataArray]]:
    """Every measurement of here and of before, and the group it goes to; those of neurons with the dimension `neuron`.

    `only`: names of those that were measured, beside what is kept while training; all and all ways, unless told.
    """
    for row in CATALOG:
        if only and row.name not in only and row.needs != "record":
            continue
        for way in row.ways:
            group = f"{way.group}/{row.name}"
            before = earlier.stored(group) if earlier is not None and earlier.has(way.group, row.name) else None
            here = _taken(measured, row.name, way)
            if before is not None and here is not None:
                yield group, _beside(before, here)
            elif (one := before if here is None else here) is not None:
                yield group, one


def _taken(measured: Measurements, name: str, way: Way) -> xr.DataArray | None:
    """A measurement of all networks; None where the study or one of its networks does not have it."""
    # The recipe of a study may leave a row without numbers, and of variants only trained networks are measured.
    with suppress(NotApplicable, NotMeasured):
        return measured.taken(name, way)
    return None


def _described(study: StudySpec) -> dict[str, Any]:
    described: dict[str, Any] = json.loads(study.model_dump_json(exclude_defaults=True))
    return described


def _about(measured: Measurements, earlier: PublishedStudy | None) -> dict[str, str]:
    study = measured.study
    before = earlier.seeds if earlier is not None else ()
    described = _described(study) | {"seeds": len({*before, *study.seed_numbers})}
    described.pop("first_seed", None)
    # Networks are measured where they are trained.
    machines = [*(earlier.measured_with if earlier is not None else ()), *_machines_of_others(measured, before)]
    return {
        "title": f"Measurements of the study {study.name}",
        "source": "trained and measured by generalization-indicators",
        "study": json.dumps(described),
        "data_sha256": json.dumps(checksums(study.data)),
        "measured_with": json.dumps(machines),
        **_described_layers(measured),
        "classes": json.dumps(measured.classes),
        "references": "Novak and Van Hoof (2019), UCLouvain",
        "Conventions": "CF-1.11",
    }


def _machines_of_others(measured: Measurements, seeds: Collection[int]) -> Iterator[dict[str, Any]]:
    """The machines that the networks of other seeds were made on."""
    for machine in measured.trained_with:
        if others := [seed for seed in machine["seeds"] if seed not in seeds]:
            yield machine | {"seeds": others}


def _described_layers(measured: Measurements) -> dict[str, str]:
    return {"kernel_shapes": json.dumps(measured.kernel_shapes), "poolings": json.dumps(measured.poolings)}
