"""In which words is each problem of an input file told?

One entry a finding code: what must hold and what to do. ``{…}`` are filled in
where the finding is made. No text ever holds a number that a release might hide.
"""

from __future__ import annotations

from typing import NamedTuple

from sdc.messages import Text


class Law(NamedTuple):
    """What must hold and what to do."""

    must: Text
    remedy: Text


FILES: dict[str, Law] = {
    "option": Law(Text("{name} must be one of {known}"), Text("correct the option")),
    "file-missing": Law(Text("the file must exist"), Text("check the file name and the folder")),
    "file-kind": Law(
        Text("the format must be one of: {known}"), Text("save the data in one of these formats")
    ),
    "file-unreadable": Law(
        Text("the file must be readable as {kind}"),
        Text("check that it opens in the program it came from and save it again"),
    ),
    "file-empty": Law(Text("the file must not be empty"), Text("export the file again")),
    "file-part": Law(
        Text("a shapefile consists of .shp, .shx and .dbf"),
        Text("put the missing part into the same folder"),
    ),
    "layer-choice": Law(
        Text("one layer or sheet must be chosen among: {known}"), Text("name it with layer")
    ),
    "encoding": Law(
        Text("the text must be valid UTF-8, UTF-16 with BOM, or CP932 throughout"),
        Text("correct the character here, or save the file as UTF-8"),
    ),
    "encoding-declared": Law(
        Text("the text must be valid in the declared encoding {encoding}"),
        Text("correct the encoding option or leave it out"),
    ),
    "encoding-unknown": Law(
        Text("encoding must be one of {known}"), Text("correct the encoding option")
    ),
    "mojibake": Law(
        Text("the text must not be garbled"),
        Text("export it again in the right encoding (it was probably {guess!r})"),
    ),
    "control": Law(
        Text("the text must hold no control characters"),
        Text("save the file as plain text (CSV UTF-8)"),
    ),
    "separator": Law(
        Text("columns must be separated by commas"), Text("save the file as comma-separated values")
    ),
    "quote": Law(
        Text("quotation marks must be closed"), Text("check the quotation marks in this row")
    ),
    "header-only": Law(
        Text("there must be data below the header"), Text("check the selection that was exported")
    ),
    "header-blank": Law(
        Text("every column must have a name"), Text("name the column or delete it")
    ),
    "header-duplicate": Law(Text("column names must be unique"), Text("rename one of the columns")),
    "header-space": Law(
        Text("column names must not begin or end with blanks"), Text("remove the blanks")
    ),
    "ragged": Law(
        Text("every row must have {n} fields as the header has"),
        Text("look for missing or surplus commas and quotes"),
    ),
    "row-blank": Law(
        Text("there must be no blank rows between the data"), Text("delete the blank row")
    ),
    "column-missing": Law(
        Text("the column must exist (columns: {known})"),
        Text("correct the column name or the file"),
    ),
    "spreadsheet-error": Law(
        Text("a cell must not be a spreadsheet error"), Text("correct the formula and save values")
    ),
}

CODES: dict[str, Law] = {
    "code-blank": Law(Text("a code must not be blank"), Text("fill in the code")),
    "code-space": Law(Text("a code must not begin or end with blanks"), Text("remove the blanks")),
    "code-scientific": Law(
        Text("a code must not be in scientific notation"),
        Text("a spreadsheet has destroyed digits: export it again from the source as text"),
    ),
    "code-decimal": Law(
        Text("a code must not have a decimal point"),
        Text("export the column as text, not as a number"),
    ),
    "code-truncated": Law(
        Text("leading zeros of a code must be kept"),
        Text("export the column as text (it was probably {guess!r})"),
    ),
    "code-precision": Law(
        Text("a code must be stored as text, not as a number of more than 15 digits"),
        Text("export it again from the source as text"),
    ),
    "code-form": Law(
        Text("a code must be spelt as in the code list (full or half width, composed)"),
        Text("write {guess!r}"),
    ),
    "code-unknown": Law(
        Text("the code must be listed in {name}"), Text("correct the code or add it to the list")
    ),
    "code-duplicate": Law(
        Text("a code must be listed once (also in row {first})"), Text("delete one of the rows")
    ),
    "pairs-blank": Law(
        Text("the target (to) must not be blank"), Text("write the code it becomes")
    ),
    "pairs-double": Law(
        Text("a source (from) must be listed once (also in row {first})"),
        Text("delete one of the rows"),
    ),
    "hierarchy-parent": Law(
        Text("the parent must be a listed code"), Text("correct the parent or add its row")
    ),
    "hierarchy-root": Law(
        Text("exactly one code (the total) has an empty parent"),
        Text("leave parent empty for the total only"),
    ),
    "hierarchy-cycle": Law(
        Text("following the parents must lead to the total"),
        Text("correct the parents that go round in a circle"),
    ),
    "hierarchy-unneeded": Law(
        Text("a hierarchy must belong to a column of the table (columns: {known})"),
        Text("correct the hierarchy option or the column name"),
    ),
}
