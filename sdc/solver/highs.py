"""How does HiGHS solve a linear or mixed-integer program, warm-started and deterministic?

The only file that imports highspy. One thread, a fixed seed, no output: the same model gives the same
answer on every run.
"""

from __future__ import annotations

from typing import Any

import highspy
import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from sdc.model.system import FloatArray
from sdc.solver.program import Solution, Status

_STATUS = {
    highspy.HighsModelStatus.kOptimal: Status.OPTIMAL,
    highspy.HighsModelStatus.kInfeasible: Status.INFEASIBLE,
    highspy.HighsModelStatus.kUnbounded: Status.UNBOUNDED,
    highspy.HighsModelStatus.kTimeLimit: Status.LIMIT,
    highspy.HighsModelStatus.kIterationLimit: Status.LIMIT,
    highspy.HighsModelStatus.kSolutionLimit: Status.LIMIT,
    highspy.HighsModelStatus.kObjectiveBound: Status.LIMIT,
    highspy.HighsModelStatus.kObjectiveTarget: Status.LIMIT,
    highspy.HighsModelStatus.kInterrupt: Status.LIMIT,
}

Index = npt.NDArray[np.integer[Any]]


class Model:
    """A minimisation ``min c x, row_lower <= A x <= row_upper, lower <= x <= upper`` kept in HiGHS.

    Bounds, costs and rows can be changed between solves; the basis is kept, so that a solve after a
    small change starts from the last answer. Infinite bounds are ``numpy.inf``.

    >>> m = Model(sp.csr_matrix([[1.0, 1.0]]), row_lower=[2.0], row_upper=[2.0], cost=[1.0, 2.0])
    >>> s = m.solve()
    >>> s.status.value, s.x.tolist()
    ('optimal', [2.0, 0.0])
    """

    def __init__(
        self,
        matrix: sp.spmatrix,
        *,
        row_lower: npt.ArrayLike,
        row_upper: npt.ArrayLike,
        cost: npt.ArrayLike,
        lower: npt.ArrayLike | None = None,
        upper: npt.ArrayLike | None = None,
        integer: npt.NDArray[np.bool_] | None = None,
        options: dict[str, Any] | None = None,
    ) -> None:
        csc = sp.csc_matrix(matrix, dtype=np.float64)
        self.rows, self.columns = csc.shape
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = self.columns, self.rows
        lp.col_cost_ = _full(cost, self.columns)
        lp.col_lower_ = _full(0.0 if lower is None else lower, self.columns)
        lp.col_upper_ = _full(np.inf if upper is None else upper, self.columns)
        lp.row_lower_, lp.row_upper_ = _full(row_lower, self.rows), _full(row_upper, self.rows)
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        lp.a_matrix_.start_ = csc.indptr.astype(np.int32)
        lp.a_matrix_.index_ = csc.indices.astype(np.int32)
        lp.a_matrix_.value_ = csc.data
        if integer is not None:
            kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
            lp.integrality_ = [kinds[int(flag)] for flag in integer]
        self.is_mip = integer is not None and bool(np.any(integer))
        self._highs = highspy.Highs()
        base = {"output_flag": False, "threads": 1, "random_seed": 0, "parallel": "off"}
        for name, value in {**base, **(options or {})}.items():
            self.option(name, value)
        self._highs.passModel(lp)

    def option(self, name: str, value: Any) -> None:
        """Set a HiGHS option; ValueError for one that HiGHS does not know."""
        if self._highs.setOptionValue(name, value) != highspy.HighsStatus.kOk:
            raise ValueError(f"HiGHS has no option {name}={value!r}")

    def set_cost(self, columns: Index, cost: FloatArray) -> None:
        """Replace the costs of some columns."""
        self._highs.changeColsCost(
            len(columns), np.asarray(columns, np.int32), np.asarray(cost, np.float64)
        )

    def set_bounds(self, columns: Index, lower: FloatArray, upper: FloatArray) -> None:
        """Replace the bounds of some columns."""
        self._highs.changeColsBounds(
            len(columns),
            np.asarray(columns, np.int32),
            np.asarray(lower, np.float64),
            np.asarray(upper, np.float64),
        )

    def add_rows(self, matrix: sp.spmatrix, lower: npt.ArrayLike, upper: npt.ArrayLike) -> None:
        """Append rows below the present ones."""
        csr = sp.csr_matrix(matrix, dtype=np.float64)
        count = csr.shape[0]
        self._highs.addRows(
            count, _full(lower, count), _full(upper, count), csr.nnz,
            csr.indptr[:-1].astype(np.int32), csr.indices.astype(np.int32), csr.data,
        )  # fmt: skip
        self.rows += count

    def delete_rows(self, rows: Index) -> None:
        """Take out rows; those below move up."""
        self._highs.deleteRows(len(rows), np.asarray(rows, np.int32))
        self.rows -= len(rows)

    def offer(self, x: FloatArray) -> None:
        """Hand a feasible point to the mixed-integer search as its first incumbent."""
        solution = highspy.HighsSolution()
        solution.col_value = np.asarray(x, np.float64)
        self._highs.setSolution(solution)

    @property
    def nodes(self) -> int:
        """Branch-and-bound nodes of the last solve."""
        return max(int(self._highs.getInfo().mip_node_count), 0)

    @property
    def iterations(self) -> int:
        """Simplex iterations of the last solve, all nodes and heuristics of a search included."""
        return max(int(self._highs.getInfo().simplex_iteration_count), 0)

    @property
    def effort(self) -> int:
        """Iterations of the last solve times rows and columns: the same on every machine."""
        return self.iterations * int(self.rows + self.columns)

    def forget(self) -> None:
        """Drop the basis, so that the next solve starts cold."""
        self._highs.clearSolver()

    def solve(self) -> Solution:
        """Solve; every status HiGHS may report that is not known here becomes ERROR."""
        outcome = self._highs.run()
        status = _STATUS.get(self._highs.getModelStatus(), Status.ERROR)
        if outcome == highspy.HighsStatus.kError:
            return Solution(Status.ERROR)
        info = self._highs.getInfo()
        feasible = info.primal_solution_status == 2  # kSolutionStatusFeasible
        if status not in (Status.OPTIMAL, Status.LIMIT) or not feasible:
            return Solution(Status.ERROR if status is Status.OPTIMAL else status)
        answer = self._highs.getSolution()
        bound = info.mip_dual_bound if self.is_mip else info.objective_function_value
        return Solution(
            status,
            float(info.objective_function_value),
            np.asarray(answer.col_value, dtype=np.float64),
            np.asarray(answer.row_dual, dtype=np.float64),
            np.asarray(answer.col_dual, dtype=np.float64),
            float(bound),
        )


def _full(values: npt.ArrayLike, size: int) -> FloatArray:
    return np.ascontiguousarray(np.broadcast_to(np.asarray(values, dtype=np.float64), (size,)))
