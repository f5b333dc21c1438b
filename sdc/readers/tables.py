"""Which reader for which table? All of them, in one place.

=================== ==========================================================================
``read_hierarchy``  a code list ``code,parent,label``
``read_cells``      a table to be protected, one row a cell, with measures
``read_table``      a finished table of counts, long or wide
``read_published``  a table that carries X, *, …, whoever published it
``read_census``     an e-Stat small-area or mesh table with merged areas
=================== ==========================================================================
"""

from __future__ import annotations

from sdc.readers.cells import read_cells, read_table
from sdc.readers.census import read_census
from sdc.readers.hierarchies import read_hierarchy
from sdc.readers.published import read_published

__all__ = ["read_cells", "read_census", "read_hierarchy", "read_published", "read_table"]
