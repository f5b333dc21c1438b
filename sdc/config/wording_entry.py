"""In which words is a fault of ``[deidentify]``, of a view or of ``[approval]`` told?"""

from __future__ import annotations

from collections.abc import Mapping

from sdc.messages import Text

ENTRY: Mapping[str, tuple[Text, Text]] = {
    "less_than": (
        Text("must be less than {lt}"),
        Text("correct the value"),
    ),
    "missing_path": (
        Text("records need a path or a view"),
        Text("name the file with `path`"),
    ),
    "as_is_reason": (
        Text("a column kept as it is needs its reason"),
        Text("write it as `reason`"),
    ),
    "quasi_method": (
        Text("a quasi-identifier must be made coarser"),
        Text('give `method` or `ladder`, or role = "as_is" with a reason'),
    ),
    "role_method": (
        Text("a column of this role is dropped, not made coarser"),
        Text("remove the method or correct the role"),
    ),
    "scope_role": (
        Text("scope belongs to a linking code"),
        Text("remove it, or set role = linking"),
    ),
    "plain_hash": (
        Text(
            "pseudonyms are made by hmac-sha256 with a key: a hash without one is "
            "undone by hashing all phone numbers or MAC addresses"
        ),
        Text('write "hmac-sha256" and a key'),
    ),
    "needs_key": (
        Text("pseudonyms need a key file"),
        Text("make one with `sdc keygen --purpose pseudonym --out FILE` and name it as `key`"),
    ),
    "needs_k": (
        Text("rare, leave, ladder, give_up and cells need k"),
        Text("write k in the same [deidentify] table"),
    ),
    "needs_column": (
        Text("{value} needs `{needed}`"),
        Text("name the column with `{needed}`"),
    ),
    "method_needs": (
        Text("{method} needs `{needed}`"),
        Text("add `{needed}`"),
    ),
    "view_path": (
        Text("records have a path or a view, not both"),
        Text("remove the path"),
    ),
    "view_place": (
        Text("a view has level or place"),
        Text("write exactly one of them"),
    ),
    "view_definition": (
        Text("trips need a definition, and nothing else has one"),
        Text("write hops, chains, ends or via, or remove it"),
    ),
    "trips_overlap": (
        Text("the same records must not be cut into trips in two ways: hops would overlap"),
        Text("use one definition"),
    ),
    "mesh_level": (
        Text("a column of mesh codes needs its level"),
        Text('write for example mesh = "code", level = "500m"'),
    ),
    "outside_areas": (
        Text("what lies outside is refused for mesh codes, where [geography.areas] is given"),
        Text("add the areas or remove it"),
    ),
    "mesh_class": (
        Text("a class of mesh cells needs a view at the finest level of [geography.mesh]"),
        Text('write level = "{finest}" in the view'),
    ),
    "not_generalised": (
        Text("these records have no [deidentify]"),
        Text("use a codelist or breaks"),
    ),
    "decision_missing": (
        Text("each of the nine factors needs a decision: {title}"),
        Text("write decision, person and reason in [exit.decisions.{factor}]"),
    ),
    "count_entry": (
        Text("count belongs to records that were counted already, not to those of persons"),
        Text("remove count or [deidentify]"),
    ),
    "no_geography": (
        Text("a density needs a table with a geography"),
        Text("name another table"),
    ),
    "same_person": (
        Text("maker, checker and approver are three different persons"),
        Text("name another person"),
    ),
}
