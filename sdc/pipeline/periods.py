"""Which rows of the ledger speak of the same records as a new release, at its time or just before?"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from sdc.errors import RulesError
from sdc.ledger.payload import unpack
from sdc.ledger.store import EXTERNAL, Entry, Row
from sdc.messages import Text
from sdc.model.past import PastRelease
from sdc.tables.remembered import remembered


def related(
    rows: Sequence[Row], entry: Entry, counted: set[str], drift: Decimal | None
) -> list[PastRelease]:
    """Earlier publications of the same records and time, and with a drift those of the last period.

    Raises RulesError where a period overlaps one that the same recipient has already received.
    """
    out = []
    before: dict[tuple[str, str], list[PastRelease]] = {}
    for row in rows:
        old = row.entry
        if not old.body or old.survey != entry.survey:
            continue
        earlier = unpack(old.body)
        if not counted & {t.records for t in earlier.tables}:
            continue
        if (old.begins, old.ends) == (entry.begins, entry.ends):
            out.append(earlier)
        elif (
            old.kind != EXTERNAL
            and old.recipient == entry.recipient
            and old.begins <= entry.ends
            and entry.begins <= old.ends
        ):
            raise RulesError(
                Text(
                    "the period overlaps that of {label} ({begins} to {ends}) for the same "
                    "recipient; release periods that do not overlap",
                    label=old.label,
                    begins=old.begins,
                    ends=old.ends,
                ),
                code="period",
            )
        elif old.kind != EXTERNAL and old.ends < entry.begins:
            before.setdefault((old.ends, old.begins), []).append(earlier)
    last = before[max(before)] if before and drift is not None else []
    return out + [remembered(e, Fraction(drift or 0)) for e in last]
