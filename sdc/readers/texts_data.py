"""In which words is each problem with positions, numbers and special formats told?"""

from __future__ import annotations

from sdc.messages import Text
from sdc.readers.texts import Law

PLACES: dict[str, Law] = {
    "crs-missing": Law(
        Text("the coordinate reference system must be known"),
        Text('state it with crs, e.g. crs = "EPSG:6668"'),
    ),
    "crs-unknown": Law(
        Text("the coordinate reference system must be a known one"),
        Text("state an EPSG code such as EPSG:6668"),
    ),
    "crs-conflict": Law(
        Text("the CRS stated must be that of the file, {found}"),
        Text("leave crs out, or correct the CRS of the file"),
    ),
    "crs-degrees": Law(
        Text("coordinates of a plane CRS must be in metres"),
        Text("these look like degrees: state a geographic CRS such as EPSG:6668"),
    ),
    "crs-metres": Law(
        Text("coordinates of a geographic CRS must be in degrees"),
        Text("these look like metres: state a plane CRS such as EPSG:6669 to 6687"),
    ),
    "xy-missing": Law(
        Text("both coordinate columns x and y must be named"),
        Text('name them, e.g. x = "lon", y = "lat"'),
    ),
    "position-missing": Law(
        Text("every record must have a position"),
        Text("fill in the coordinate or leave the record out"),
    ),
    "position-syntax": Law(
        Text("a coordinate must be a plain decimal number"), Text("write it like 35.6812")
    ),
    "position-zero": Law(
        Text("a position must not be 0, 0"),
        Text("the position is unknown: fill it in or leave the record out"),
    ),
    "position-swapped": Law(
        Text("x must be longitude or easting, y latitude or northing"), Text("exchange x and y")
    ),
    "position-outside": Law(
        Text("a position must be in Japan (20-46 N, 122-154 E)"),
        Text("check the coordinates and the CRS"),
    ),
    "geometry-missing": Law(
        Text("every feature must have a geometry"), Text("draw it or leave the feature out")
    ),
    "geometry-unreadable": Law(
        Text("every geometry must be readable"), Text("repair it in a GIS program")
    ),
    "geometry-kind": Law(
        Text("a geometry must be a {wanted}"), Text("check that this is the right layer")
    ),
    "geometry-none": Law(
        Text("there must be geometries or coordinate columns"),
        Text("name coordinate columns with x and y, or give a spatial file"),
    ),
}

VALUES: dict[str, Law] = {
    "value-mark": Law(
        Text("a table to be protected must not hold marks (X is never read as 0)"),
        Text("use the table before hiding; a published one is for sdc audit"),
    ),
    "value-dash": Law(
        Text("a value must be a whole number (`-` is not read as 0 by default)"),
        Text("write 0, or allow `-` to be read as zero"),
    ),
    "value-blank": Law(
        Text("a value must not be blank"), Text("fill in the number (0 where there is none)")
    ),
    "value-negative": Law(Text("a value must not be negative"), Text("check the source table")),
    "value-fraction": Law(
        Text("a value must be a whole number without decimal point"),
        Text("write it as a whole number"),
    ),
    "value-grouped": Law(Text("a value must not have digit grouping"), Text("write it like 1234")),
    "value-width": Law(
        Text("a value must be in half-width digits"), Text("write it in half-width digits")
    ),
    "value-space": Law(
        Text("a value must not begin or end with blanks"), Text("remove the blanks")
    ),
    "value-scientific": Law(
        Text("a value must not be in scientific notation"),
        Text("digits are lost: export it again from the source"),
    ),
    "value-large": Law(
        Text("a value must not exceed 2 to the power of 53"), Text("check the unit")
    ),
    "value-syntax": Law(
        Text("a value must be a whole number 0, 1, 2, …"), Text("write it as a plain whole number")
    ),
    "cell-duplicate": Law(
        Text("a cell must stand in one row only (also in row {first})"),
        Text("delete one of the rows"),
    ),
    "total": Law(
        Text("a total must equal the sum of its parts"), Text("correct this cell or its parts")
    ),
    "total-nameless": Law(
        Text("a code that is the sum of all others must be known as their total"),
        Text("give the dimension a hierarchy (code,parent,label) that has it as the total"),
    ),
    "table-size": Law(
        Text("a table must have at most {limit} cells"),
        Text("use fewer dimensions or shorter hierarchies"),
    ),
    "measure-step": Law(
        Text("a value must be a whole multiple of {step}"),
        Text("use a smaller step, or round the values"),
    ),
    "grouped-here": Law(
        Text("a table that counts classes together in some areas cannot be audited by itself"),
        Text("check its package against the certificate (--certificate)"),
    ),
    "measure-lonely": Law(
        Text("a cell without units must have the measure 0"),
        Text("correct the count or the measure"),
    ),
    "measure-unknown": Law(
        Text("a measure must be a column right of value (columns: {known})"),
        Text("correct the name of the measure"),
    ),
}

FORMATS: dict[str, Law] = {
    "census-header": Law(
        Text("the file must have the two header rows of an e-Stat small-area or mesh table"),
        Text("use the file as e-Stat delivers it"),
    ),
    "census-code": Law(Text("{column} must be one of {known}"), Text("check the source file")),
    "census-length": Law(
        Text("a KEY_CODE of HYOSYO {level} must have {n} digits"),
        Text("check that no leading zero is lost"),
    ),
    "census-parent": Law(
        Text("the area above ({parent}) must have a row"), Text("check the source file")
    ),
    "census-link": Law(
        Text("HTKSAKI and GASSAN must name each other"), Text("check the source file")
    ),
    "jj-line": Law(
        Text("the line must be {what} of the JJ format"), Text("check the layout of the JJ file")
    ),
    "jj-number": Law(
        Text("{what} must be a whole number >= 0"), Text("multiply all of them by a power of ten")
    ),
    "jj-id": Law(
        Text("cell numbers must run from 0 to {last}, each once"), Text("correct the number")
    ),
    "jj-status": Law(Text("a status must be u, s or z"), Text("correct the status")),
    "jj-weight": Law(
        Text("the weight of a u or s cell must be above 0"), Text("correct the weight")
    ),
    "jj-bounds": Law(
        Text("lower <= value <= upper must hold"), Text("correct the value or the bounds")
    ),
    "jj-relation": Law(
        Text("a relation must read: rhs k : id (coefficient) …"), Text("correct the relation")
    ),
    "jj-additivity": Law(
        Text("the values must satisfy the relation"), Text("correct the values or the relation")
    ),
}
