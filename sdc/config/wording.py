"""In which words is a fault of the configuration told?

Every fault has a code; ``{…}`` is filled from what is known.
"""

from __future__ import annotations

from collections.abc import Mapping

from sdc.config.wording_entry import ENTRY
from sdc.config.wording_treatment import TREATMENT
from sdc.messages import Text

_CORRECT = Text("correct the value")
_INSIDE = Text("write a relative path below the configuration's folder, with / between folders")

WORDS: Mapping[str, tuple[Text, Text]] = {
    **ENTRY,
    **TREATMENT,
    # what pydantic finds
    "missing": (
        Text("this key is required"),
        Text("add the key `{key}`"),
    ),
    "extra_forbidden": (
        Text("unknown keys are not accepted"),
        Text("{hint}"),
    ),
    "string_type": (
        Text("must be text"),
        Text("put it in quotation marks"),
    ),
    "int_type": (
        Text("must be a whole number"),
        Text("write digits without quotes or a point"),
    ),
    "number": (
        Text("must be a finite number"),
        Text("write a number without quotes"),
    ),
    "greater_than_equal": (Text("must be at least {ge}"), _CORRECT),
    "greater_than": (Text("must be greater than {gt}"), _CORRECT),
    "less_than_equal": (Text("must be at most {le}"), _CORRECT),
    "literal_error": (
        Text("must be one of {expected}"),
        Text("write one of these"),
    ),
    "list": (Text("must be an array"), Text("write [ … ]")),
    "table": (
        Text("must be a table"),
        Text("write [{path}] or {{ … }}"),
    ),
    "too_short": (
        Text("must not be empty"),
        Text("write at least one"),
    ),
    "flag": (Text("must be true or false"), _CORRECT),
    "toml": (
        Text("must be readable as TOML"),
        Text("correct this line ({detail})"),
    ),
    "encoding": (
        Text("the configuration must be UTF-8"),
        Text("save it as UTF-8"),
    ),
    "no_file": (
        Text("the file must exist"),
        Text("check the path and the file name"),
    ),
    "schema": (
        Text("schema must be 1"),
        Text("write `schema = 1`, which this version reads"),
    ),
    # texts and codes
    "identifier": (
        Text("an id is letters, digits, - and _, begins with a letter or digit, 64 at most"),
        Text("choose another name"),
    ),
    "name_reserved": (
        Text("this name has another meaning in the output"),
        Text("choose another name"),
    ),
    "name_twice": (
        Text("names must differ by more than case"),
        Text("choose another name"),
    ),
    "line_of_text": (
        Text("must be one non-empty line of text"),
        Text("write it on one line"),
    ),
    "municipality": (
        Text("a municipality code is 6 digits, the last being the check digit"),
        Text("{hint}"),
    ),
    "date": (
        Text("a date is YYYY-MM-DD"),
        Text("write for example 2026-04-01"),
    ),
    "period": (
        Text("a period is its first and its last day"),
        Text("write for example [2026-04-01, 2026-04-30]"),
    ),
    "dates_order": (
        Text("release_date must not be before survey_date"),
        Text("check survey_date and release_date"),
    ),
    "crs": (
        Text("a CRS is written as EPSG: and a number"),
        Text('write for example "EPSG:6668"'),
    ),
    "word": (
        Text("a name is lower-case letters, digits, - and _"),
        _CORRECT,
    ),
    "words": (
        Text("a title is two texts, Japanese and English"),
        Text('write for example ["建物用途", "building use"]'),
    ),
    "principal": (
        Text("a principal has letters, digits, . _ @ - only"),
        Text("write for example release@131041"),
    ),
    "https": (Text("an address starts with https://"), _CORRECT),
    # paths
    "path_empty": (Text("a path must not be empty"), _INSIDE),
    "path_control": (Text("a path holds no control character"), _INSIDE),
    "path_absolute": (
        Text("absolute, UNC and URL paths are refused"),
        _INSIDE,
    ),
    "path_backslash": (Text("folders are separated by /"), _INSIDE),
    "path_expansion": (
        Text("$X, %X% and ~ are not expanded and are refused"),
        _INSIDE,
    ),
    "path_device": (Text("Windows device names are refused"), _INSIDE),
    "path_outside": (
        Text("a path must stay below the configuration's folder or data_root"),
        Text("move the file or declare data_root"),
    ),
    "path_kind": (
        Text("the format must be one of {kinds}"),
        Text("check the extension or convert the file"),
    ),
    # columns
    "column_kind": (
        Text('a column has exactly one of codelist, breaks and kind = "measure"'),
        Text("keep exactly one"),
    ),
    "column_measure": (
        Text("a measure needs unit and step"),
        Text('add for example unit = "m²", step = 1'),
    ),
    "column_option": (
        Text("this key does not apply to this kind of column"),
        Text("remove the key `{key}`"),
    ),
    "breaks": (
        Text("breaks must increase strictly"),
        Text("sort them and remove duplicates"),
    ),
    "position": (
        Text("records in csv, xlsx or parquet need x, y and crs"),
        Text("name the two columns and the CRS"),
    ),
    "position_half": (
        Text("x and y come together or not at all"),
        Text("name the other column too"),
    ),
    "levels": (
        Text("mesh levels go from coarse to fine and each must divide into the next"),
        Text('write for example ["1km", "500m"]'),
    ),
    # rules and tables
    "dominance": (
        Text("dominance is [n, k], n >= 1, 0 < k < 1"),
        Text("write for example [1, 0.8]"),
    ),
    "cost": (
        Text("cost is log, value, count or a measure"),
        _CORRECT,
    ),
    "cell": (
        Text('a cell is written as {{ dimension = "code" }}'),
        Text("write dimension names and codes as text"),
    ),
    "contradiction": (
        Text("never_hide and must_hide name the same cell"),
        Text("remove it from one of them"),
    ),
    "unknown_name": (
        Text("must be a name defined in {what}"),
        Text("{hint}"),
    ),
    "not_class": (
        Text("must be a class column, not a measure"),
        Text("name a column with codelist or breaks"),
    ),
    "not_measure": (
        Text("measure is count or a measure column"),
        Text('name a column with kind = "measure"'),
    ),
    "measure_rule": (
        Text("the rules of a measure table need p_percent or dominance"),
        Text("add one of them to [rules.{rules}]"),
    ),
    # derived figures
    "figure_key": (
        Text("this kind of figure needs {need} only"),
        Text("give {need} and remove the other"),
    ),
    "figure_surface": (
        Text("the surface must be one of {kinds}"),
        _CORRECT,
    ),
    "figure_unit": (
        Text("a ratio needs its unit"),
        Text('add for example unit = "m²/人"'),
    ),
    "figure_tables": (
        Text("the two tables must have the same geography"),
        Text("name tables of one geography"),
    ),
    "figure_format": (
        Text("derived figures are written as CSV"),
        Text('add "csv" to formats'),
    ),
    "repeated": (
        Text("the same entry stands twice"),
        Text("keep one"),
    ),
    "no_section": (
        Text("[{section}] is needed"),
        Text("add the table [{section}]"),
    ),
}
