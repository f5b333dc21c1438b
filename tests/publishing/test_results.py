from __future__ import annotations

import json

from handmade import make_release, small_table, use_table

from sdc.publishing.results import results_json


def test_every_table_is_an_output_that_passed() -> None:
    release = make_release(use_table(), small_table(), formats=("csv", "images"))
    document = json.loads(results_json(release))
    first, second = document["results"].values()
    assert (first["uid"], first["status"], second["uid"]) == ("use", "pass", "sex")
    # use_table has two X in each of two areas
    assert first["summary"] == "pass; suppressed: 4 cells; proven at level interval"
    assert [f["name"] for f in second["files"]] == ["data/sex.csv", "data/maps/sex.png"]
    assert set(first) == {
        "uid", "status", "type", "properties", "files", "outcome", "command", "summary",
        "timestamp", "comments", "exception",
    }  # fmt: skip
