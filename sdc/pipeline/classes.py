"""Which dimension does a class column make, and how are its values read?"""

from __future__ import annotations

from types import MappingProxyType

from sdc.config import ColumnSection, Config
from sdc.errors import InputError
from sdc.messages import Text
from sdc.microdata.classify import BinSpec, ClassSpec, classes_of
from sdc.model.hierarchy import TOTAL, Hierarchy
from sdc.pipeline.entered import Labels
from sdc.readers.pairs import read_pairs
from sdc.readers.tables import read_hierarchy
from sdc.spatial.rest import OUTSIDE


def class_dimension(
    config: Config, column: str, section: ColumnSection, *, labels: Labels = MappingProxyType({})
) -> tuple[Hierarchy, ClassSpec | BinSpec]:
    """The dimension that a class column makes, and how its values are read.

    ``labels`` are the classes that de-identification made, by column. A column of mesh cells gets
    its codes once the places are known.
    """
    if section.classes == "mesh":
        return Hierarchy.flat(column, [OUTSIDE]), ClassSpec(section.source, (OUTSIDE,))
    if section.classes == "generalised":
        return _generalised(column, section, labels)
    if section.breaks is not None:
        bins = BinSpec(section.source, section.breaks, section.unit or "", section.missing)
        classes = classes_of(bins)
        words = {TOTAL: "総数", **dict(zip(classes.codes, classes.labels_ja, strict=True))}
        return Hierarchy.flat(column, classes.codes, labels=words), bins
    assert section.codelist is not None
    dim = read_hierarchy(config.resolve(section.codelist), column)
    mapping = read_pairs(config.resolve(section.map)) if section.map else {}
    inner = tuple(dim.codes[i] for i in dim.leaves)
    return dim, ClassSpec(section.source, inner, mapping)


def _generalised(
    column: str, section: ColumnSection, labels: Labels
) -> tuple[Hierarchy, ClassSpec | BinSpec]:
    """The classes that a method made of a column, all of them where there are finitely many."""
    if section.source not in labels:
        known = ", ".join(sorted(labels))
        raise InputError(
            Text(
                "{source!r} is no column that [deidentify] keeps (kept: {known})",
                source=section.source,
                known=known,
            ),
            code="not-kept",
        )
    words = {code: text for code, text in labels[section.source].items() if code}
    dim = Hierarchy.flat(column, list(words), labels={TOTAL: "総数", **words})
    return dim, ClassSpec(section.source, tuple(sorted(words)))
