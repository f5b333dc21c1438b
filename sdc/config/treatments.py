"""Which keys say how areas are merged, classes collapsed, cells hidden, and which plan is taken?"""

from __future__ import annotations

from decimal import Decimal
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StrictStr

from sdc.config import kinds as k
from sdc.config.section import Section

Price = Annotated[k.Exact, Field(ge=0)]


class WeightsSection(Section):
    """``[treatment.merge.weights]``: the prices of the loss of a merge, see ``MergeLoss``."""

    profile: Price = Decimal(1)
    location: Price = Decimal("0.3")
    parent: Price = Decimal(50)
    member: Price = Decimal(1)
    change: Price = Decimal(2)


class MergeSection(Section):
    """``[treatment.merge]``: which areas are too small, and with whom they may be joined.

    ``by`` is what must reach ``min_count``; ``contributors`` the measure whose contributors count.
    ``barriers`` is a layer of lines (rivers, railways) that merges do not cross. ``mesh`` groups
    mesh cells that are too small inside the larger ones.
    """

    min_count: Annotated[k.Whole, Field(ge=1)]
    by: Literal["total", "class", "contributors"] = "total"
    contributors: k.Identifier | None = None
    partners: Literal["edge", "district"] = "edge"
    within: Literal["parent", "any"] = "parent"
    empty: Literal["exempt", "merge"] = "exempt"
    never: k.List[StrictStr] = ()
    min_length: Annotated[k.Exact, Field(ge=0)] = Decimal(1)
    barriers: k.File | None = None
    barrier_width: Annotated[k.Exact, Field(ge=0)] = Decimal(20)
    mesh: k.Flag = False
    method: k.Word = "auto"
    weights: WeightsSection = Field(default_factory=WeightsSection)


class CollapseSection(Section):
    """A column of ``[treatment.collapse]``; a text alone is the ``scheme``: a file, or ``sdc:name``.

    ``everywhere`` all areas are collapsed by the scheme; with ``areas`` each area only as far as its
    own numbers need it, up the tree of the scheme, or of the code list where none is named.
    """

    scheme: k.Scheme | None = None
    where: Literal["everywhere", "areas"] = "everywhere"


def _section(value: object) -> object:
    return {"scheme": value} if isinstance(value, str) else value


class SuppressSection(Section):
    """``[treatment.suppress]``: the engine and its limits; time is an emergency stop only."""

    method: k.Word = "auto"
    budget: Annotated[k.Exact, Field(ge=0)] | None = None
    time_limit: Annotated[k.Exact, Field(gt=0)] | None = None
    seed: Annotated[k.Whole, Field(ge=0)] = 0


class TreatmentSection(Section):
    """``[treatment]``: what is tried, in which order.

    ``earlier`` is the decision file of the last release, whose merges and X are preferred.
    """

    order: Annotated[
        tuple[k.Step, ...],
        BeforeValidator(k.order),
        AfterValidator(k.distinct),
        AfterValidator(k.filled),
    ] = ("suppress",)
    collapse: k.Named[Annotated[CollapseSection, BeforeValidator(_section)]] = Field(
        default_factory=lambda: MappingProxyType({})
    )
    merge: MergeSection | None = None
    suppress: SuppressSection = Field(default_factory=SuppressSection)
    earlier: k.File | None = None

    @property
    def automatic(self) -> bool:
        """Whether the planner chooses the order."""
        return self.order == ("auto",)


class BudgetSection(Section):
    """``[plan.budget]``: what the chosen plan may cost; each limit is optional."""

    changes: Annotated[k.Whole, Field(ge=0)] | None = None
    loss: Annotated[k.Exact, Field(ge=0)] | None = None


class PlanSection(Section):
    """``[plan]``: what the planner may try, and where the decision lies that a release replays.

    ``merge`` holds the merge levels beside that of ``[treatment.merge]``; ``collapse`` further schemes
    a column; ``cut`` the columns of which the planner works out the best cut by itself.
    """

    decision: k.File | None = None
    budget: BudgetSection = Field(default_factory=BudgetSection)
    merge: Annotated[k.List[Annotated[k.Whole, Field(ge=1)]], AfterValidator(k.distinct)] = ()
    collapse: k.Named[k.List[k.Scheme]] = Field(default_factory=lambda: MappingProxyType({}))
    cut: Annotated[k.List[k.Identifier], AfterValidator(k.distinct)] = ()
    candidates: Annotated[k.Whole, Field(ge=1)] = 24
    refine: Annotated[k.Whole, Field(ge=0)] = 1
