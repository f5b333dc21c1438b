"""How is the sample city made? Every file of ``data/samples`` comes from one seed."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

__all__ = ["SEED", "make_sample"]

SEED = 2026
"""The seed of the city that is kept in ``data/samples``."""


def make_sample(folder: str | Path, *, seed: int = SEED) -> tuple[Path, ...]:
    """Write the sample city into ``folder`` (made if need be) and return the files, by name.

    About 300 small areas, 25,000 buildings and 40,000 residents, code lists, schemes and a
    ``release.toml``, all invented; 4 MB, a few seconds. The same seed and the same versions of the
    libraries give the same bytes. Files of the same names are replaced.

    >>> make_sample("my-city")[1].name  # doctest: +SKIP
    'ages_scheme.csv'
    """
    from sdc.samples.buildings import make_buildings
    from sdc.samples.lots import make_lots
    from sdc.samples.plan import make_plan
    from sdc.samples.residents import make_residents
    from sdc.samples.towns import make_areas
    from sdc.samples.writing import write_areas, write_buildings, write_residents

    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    plan = make_plan(seed)
    areas = make_areas(plan, seed)
    buildings = make_buildings(make_lots(plan, areas, seed), areas, seed)
    write_areas(areas, place / "areas.gpkg")
    write_buildings(buildings, place / "buildings.csv")
    write_residents(make_residents(buildings, seed), place / "residents.csv")
    written = {"areas.gpkg", "buildings.csv", "residents.csv"}
    for file in resources.files(__package__).joinpath("files").iterdir():
        (place / file.name).write_bytes(file.read_bytes())
        written.add(file.name)
    return tuple(place / name for name in sorted(written))
