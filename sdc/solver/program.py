"""Which answers can a solver give, and how exact are they?"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from sdc.errors import SolverError
from sdc.messages import Text
from sdc.model.system import FloatArray

TOLERANCE = 1e-6
"""The only numeric tolerance of the house; a number within it of a whole one is taken as whole."""


class Status(Enum):
    """How a solve ended. LIMIT and ERROR support no conclusion about safety."""

    OPTIMAL = "optimal"
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"
    LIMIT = "limit"
    ERROR = "error"


@dataclass(frozen=True, eq=False)
class Solution:
    """One answer: ``x`` (n,), row duals (m,), reduced costs (n,), and a proven bound on the optimum.

    ``x`` is None unless the status is OPTIMAL, or LIMIT with a feasible point in hand. For linear
    programs ``bound`` equals ``objective``; it is meaningless unless OPTIMAL or LIMIT.
    """

    status: Status
    objective: float = float("nan")
    x: FloatArray | None = None
    duals: FloatArray | None = None
    reduced: FloatArray | None = None
    bound: float = float("-inf")

    def require(self) -> FloatArray:
        """The point of an OPTIMAL solve; SolverError for every other status."""
        if self.status is not Status.OPTIMAL or self.x is None:
            raise SolverError(
                Text("the solver's answer cannot be used: {value}", value=self.status.value),
                code="solver",
            )
        return self.x
