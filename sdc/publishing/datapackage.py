"""How does a portal or a program know what every file of the package holds?

``datapackage.json`` follows Data Package v2; ``ckan.json`` holds the fields that a CKAN
portal (BODIK ODCS, G空間情報センター) asks for when a data set is registered. Both are written
from the release alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from sdc.model.hierarchy import Hierarchy
from sdc.model.plan import PublishedTable
from sdc.model.release import Figure, Release
from sdc.publishing.csvfile import (
    COLLAPSES,
    NAME_SUFFIX,
    figure_header,
    long_header,
    wide_columns,
    wide_groups,
)
from sdc.publishing.derived import derive
from sdc.publishing.grouprows import group_columns
from sdc.publishing.licence import licence_of
from sdc.publishing.marks import COLUMNS
from sdc.publishing.symbols import FIGURE_PATTERN, VALUE_PATTERN, safe_name, scale
from sdc.publishing.wording import LEVELS, figure_title, listed_title, unit, words

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
_CHARSET = {"utf-8-sig": "utf-8", "utf-8": "utf-8", "cp932": "cp932"}
_MEDIA = {
    "csv": "text/csv", "geojson": "application/geo+json", "png": "image/png",
    "pdf": "application/pdf",
}  # fmt: skip
STATUS_WORDS = "A 公表 / X 秘匿 / M 合算(HTKSAKI参照) / G 集約(collapses参照) / - 該当なし(0)"


def datapackage(release: Release, sizes: Mapping[str, int], sums: Mapping[str, str]) -> bytes:
    """``datapackage.json`` for the payload files with these sizes and SHA-256 sums."""
    info = release.info
    terms, titles = licence_of(info.licence), _other_titles(release, sizes)
    licence = {"name": terms.id, "title": terms.title[0]}
    licence |= {"path": terms.link[0]} if terms.link[0] else {}
    document = {
        "$schema": PROFILE,
        "name": _slug(info.id),
        "id": f"{info.municipality}/{info.id}",
        "title": info.title,
        "description": LEVELS[release.level][0],
        "version": f"{info.serial}.0.0",
        "created": f"{info.release_date.isoformat()}T00:00:00+09:00",
        "licenses": [licence],
        "contributors": [
            {"title": f"{info.municipality_name} {info.section}".strip(), "roles": ["publisher"]}
        ],
        "sources": [{"title": info.source}],
        "municipalityCode": info.municipality,
        "surveyDate": info.survey_date.isoformat(),
        "protectionLevel": str(release.level),
        "protectionOwners": release.owners,
        "resources": [
            _resource(release, path, sizes[path], digest=sums[path], titles=titles)
            for path in sorted(sizes)
        ],
    }
    return _json(document)


def _resource(
    release: Release, path: str, size: int, *, digest: str, titles: Mapping[str, str]
) -> dict[str, Any]:
    stem, _, suffix = path.rpartition("/")[2].rpartition(".")
    found: dict[str, Any] = {
        "name": _slug(path.removeprefix("data/")),
        "path": path,
        "format": suffix,
        "mediatype": _MEDIA[suffix],
        "bytes": size,
        "hash": f"sha256:{digest}",
    }
    if suffix == "csv":
        found |= {
            "type": "table",
            "encoding": _CHARSET[release.info.encoding],
            "dialect": {"delimiter": ",", "lineTerminator": "\r\n", "quoteChar": '"'},
            **_described(release, stem),
        }
    else:
        found["title"] = titles[path]
        found |= {"encoding": "utf-8"} if suffix == "geojson" else {}
    return found


def _other_titles(release: Release, paths: Iterable[str]) -> dict[str, str]:
    """Titles of the files that are no CSV: outlines, documents, maps."""
    stems = {path: path.rpartition("/")[2].rpartition(".")[0] for path in paths}
    documents = {safe_name(t.name): listed_title(release, t)[0] for t in release.tables}
    known = {f"data/docs/{name}.pdf": f"統計表 {title}" for name, title in documents.items()}
    if any(path.startswith("data/maps/") for path in stems):
        # drawing is loaded only where there are maps
        from sdc.publishing.map import map_titles

        known |= {path: f"地図 {title[0]}" for path, title in map_titles(release).items()}
    for path in (p for p in stems if p.endswith(".geojson")):
        known[path] = f"境界 {words(release, stems[path])[0]}"
    return known


def _described(release: Release, stem: str) -> dict[str, Any]:
    """Title and schema of one CSV file by its stem."""
    by_name = {t.name: t for t in release.tables}
    if stem in by_name:
        table = by_name[stem]
        title, fields, key = listed_title(release, table)[0], _long(release, table), _keys(table)
        return {"title": title, "schema": _schema(fields, key), **_measure(table)}
    if stem.removesuffix("_wide") in by_name and stem.endswith("_wide"):
        table = by_name[stem.removesuffix("_wide")]
        where = str(release.geographic_dimension(table))
        title = f"{listed_title(release, table)[0]} 横持ち"
        schema = _schema(_wide(release, table), [where])
        return {"title": title, "schema": schema, **_measure(table)}
    figure = next((f for f in release.figures if f"derived_{f.name}" == stem), None)
    if figure is not None:
        return _figure(release, figure)
    if stem == "mergers":
        names = ["geography", "source", "source_name", "target", "target_name"]
        return {"title": "合算一覧", "schema": _schema(list(map(_text, names)), names[:2])}
    if stem == "collapses":
        key = ["column", "area", "source"]
        return {"title": "集約一覧", "schema": _schema(list(map(_text, COLLAPSES)), key)}
    title = f"コード表 {words(release, stem.removeprefix('codelist_'))[0]}"
    return {
        "title": title,
        "schema": _schema(list(map(_text, ["code", "parent", "label"])), ["code"]),
    }


def _figure(release: Release, figure: Figure) -> dict[str, Any]:
    """Title and schema of derived figures, and from which tables they come."""
    made = derive(release.tables, figure)
    titles = ("指標", "単位", "分子", "分母")
    fields = [
        _text(name, title)
        for name, title in zip(
            figure_header(release, made.dims),
            [t for d in made.dims for t in _pair_titles(release, d)] + list(titles),
            strict=True,
        )
    ]
    for field in (fields[-4], *fields[-2:]):
        field["constraints"] = {"pattern": FIGURE_PATTERN}
    origin = {"kind": figure.kind, "table": figure.table, "times": made.times}
    if figure.kind != "density":
        origin["by"] = figure.by
    return {
        "title": figure_title(release, figure)[0],
        "schema": _schema(fields, [d.name for d in made.dims]),
        "unit": made.unit,
        "derived": origin | {"decimals": figure.decimals},
    }


def _measure(table: PublishedTable) -> dict[str, Any]:
    factor, _ = scale(table)
    return {
        "records": table.records,
        "measure": table.measure,
        "unit": unit(table)[0],
        "step": factor,
    }


def _keys(table: PublishedTable) -> list[str]:
    return [d.name for d in table.dims]


def _schema(fields: list[dict[str, Any]], key: list[str]) -> dict[str, Any]:
    # Without this, readers take the empty place of a grouped class for a missing value.
    return {"fields": fields, "primaryKey": key, "missingValues": []}


def _text(name: str, title: str = "") -> dict[str, Any]:
    return {"name": name, "type": "string"} | ({"title": title} if title else {})


def _value(name: str, title: str) -> dict[str, Any]:
    return _text(name, title) | {"constraints": {"pattern": VALUE_PATTERN}}


def _marks() -> list[dict[str, Any]]:
    titles = ("秘匿処理(0なし 1合算先 2合算元)", "合算先コード", "合算地域コード(;区切り)")
    found = [_text(name, title) for name, title in zip(COLUMNS, titles, strict=True)]
    found[0]["constraints"] = {"enum": ["0", "1", "2"]}
    return found


def _long(release: Release, table: PublishedTable) -> list[dict[str, Any]]:
    head = long_header(release, table)
    titles = [t for d in table.dims for t in _pair_titles(release, d)]
    fields = [_text(name, title) for name, title in zip(head, titles, strict=False)]
    status = _text("status", STATUS_WORDS) | {"constraints": {"enum": list("AXMG-")}}
    fields += [_value("value", unit(table)[0]), status]
    return fields + (_marks() if release.geographic_dimension(table) else [])


def _pair_titles(release: Release, dim: Hierarchy) -> tuple[str, str]:
    title = words(release, dim.name)[0]
    return f"{title}コード", title


def _wide(release: Release, table: PublishedTable) -> list[dict[str, Any]]:
    where = str(release.geographic_dimension(table))
    classes: list[Hierarchy] = [d for d in table.dims if d.name != where]
    title = words(release, where)[0]
    fields = [_text(where, f"{title}コード"), _text(where + NAME_SUFFIX, title), *_marks()]
    groups = wide_groups(release, table, group_columns(release, table))
    return fields + [_value(name, unit(table)[0]) for name in [*wide_columns(classes), *groups]]


def ckan(release: Release, sizes: Mapping[str, int]) -> bytes:
    """``ckan.json``: one data set with its resources, as ``package_create`` takes it."""
    info = release.info
    licence, titles = licence_of(info.licence), _other_titles(release, sizes)
    resources = [
        {
            "name": titles.get(path) or _title_of(release, path),
            "url": path,
            "url_type": "upload",
            "format": path.rpartition(".")[2].upper(),
            "mimetype": _MEDIA[path.rpartition(".")[2]],
            "size": sizes[path],
        }
        for path in sorted(sizes)
    ]
    document = {
        "name": f"{info.municipality}_{_slug(info.id)}",
        "title": info.title,
        "notes": f"{info.source}。{LEVELS[release.level][0]}",
        "author": f"{info.municipality_name} {info.section}".strip(),
        "maintainer": info.section,
        "maintainer_email": info.contact if "@" in info.contact else "",
        "license_id": info.licence,
        "license_title": licence.title[0],
        "license_url": licence.link[0],
        "version": str(info.serial),
        "tags": [{"name": tag} for tag in ("統計", "小地域", "都市計画基礎調査", "オープンデータ")],
        "extras": [
            {"key": "団体コード", "value": info.municipality},
            {"key": "団体名", "value": info.municipality_name},
            {"key": "調査日", "value": info.survey_date.isoformat()},
            {"key": "公表日", "value": info.release_date.isoformat()},
            {"key": "秘匿処理", "value": "X:秘匿(0を含む場合あり) -:該当なし 合算・集約は一覧参照"},
            {"key": "根拠", "value": info.ground},
        ],
        "resources": resources,
    }
    return _json(document)


def _title_of(release: Release, path: str) -> str:
    """The title of a CSV file."""
    return str(_described(release, path.rpartition("/")[2].rpartition(".")[0])["title"])


def _slug(text: str) -> str:
    """Lower case letters, digits, ``-``, ``_``, ``.``; others become hex, so names differ."""
    return re.sub(
        r"[^a-z0-9._-]", lambda m: "-" if m[0] == "/" else f"x{ord(m[0]):x}", text.lower()
    )


def _json(document: Mapping[str, Any]) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n").encode()
