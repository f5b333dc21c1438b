"""In which words is a fault of ``[treatment]`` or ``[plan]`` told?"""

from __future__ import annotations

from collections.abc import Mapping

from sdc.messages import Text

TREATMENT: Mapping[str, tuple[Text, Text]] = {
    "no_step": (
        Text("a step of the order needs its table [treatment.{step}]"),
        Text("add [treatment.{step}], or take `{step}` out of the order"),
    ),
    "no_planner": (
        Text('[plan] goes with order = "auto"'),
        Text('write order = "auto" in [treatment], or remove [plan]'),
    ),
    "no_scheme": (
        Text("collapsing everywhere needs a scheme"),
        Text('name a scheme, or write where = "areas"'),
    ),
    "no_area_table": (
        Text("a column that is collapsed area by area stands in `by` of a table by areas"),
        Text('add {name} to `by` of one of the [[tables]] with geography = "areas"'),
    ),
    "two_by_area": (
        Text("area by area, one column of one set of records is collapsed"),
        Text('write where = "everywhere" for one of the columns'),
    ),
    "unknown_scheme": (
        Text("no scheme of this name comes with the tool"),
        Text("known names: {names}"),
    ),
    "no_levels": (
        Text("grouping mesh cells needs two mesh levels or more"),
        Text('write for example levels = ["1km", "500m"] in [geography.mesh]'),
    ),
    "contributors": (
        Text('contributors goes with by = "contributors"'),
        Text("name the measure whose contributors count, or remove the key"),
    ),
    "unused_section": (
        Text("a treatment that is set up must stand in `order`"),
        Text('add "{step}" to `order`, or remove [treatment.{step}]'),
    ),
    "no_parent": (
        Text("{value} needs `parent` in [geography.areas]"),
        Text("name the column of the level above as parent"),
    ),
    "suppress_last": (
        Text("suppress comes last"),
        Text("move it to the end of the order"),
    ),
}
