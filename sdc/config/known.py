"""Which keys does the whole schema know, for the hint beside an unknown one?"""

from __future__ import annotations

from sdc.config.models import Document
from sdc.config.section import Section


def known_keys() -> list[str]:
    """Every key of every table, sorted.

    >>> {"schema", "min_count", "scope"} <= set(known_keys())
    True
    """
    assert issubclass(Document, Section)  # the tables are known once they are defined
    sections = Section.__subclasses__()
    return sorted({f.alias or name for s in sections for name, f in s.model_fields.items()})
