"""In which words is a fault of ``[treatment]`` or ``[plan]`` told?"""

from __future__ import annotations

from collections.abc import Mapping

Pair = tuple[str, str]

TREATMENT: Mapping[str, tuple[Pair, Pair]] = {
    "no_planner": (
        ('[plan] は order = "auto" のときだけ使えます', '[plan] goes with order = "auto"'),
        (
            '[treatment] に order = "auto" と書くか、[plan] を取り除いてください',
            'write order = "auto" in [treatment], or remove [plan]',
        ),
    ),
    "no_levels": (
        (
            "メッシュの統合には2段階以上のメッシュが要ります",
            "grouping mesh cells needs two mesh levels or more",
        ),
        (
            '[geography.mesh] に例えば levels = ["1km", "500m"] と書いてください',
            'write for example levels = ["1km", "500m"] in [geography.mesh]',
        ),
    ),
    "contributors": (
        (
            'contributors は by = "contributors" とともに書くこと',
            'contributors goes with by = "contributors"',
        ),
        (
            "寄与者を数える集計量の列名を contributors に書いてください",
            "name the measure whose contributors count, or remove the key",
        ),
    ),
    "unused_section": (
        ("設定された処理は order にあること", "a treatment that is set up must stand in `order`"),
        (
            'order に "{step}" を加えるか、[treatment.{step}] を取り除いてください',
            'add "{step}" to `order`, or remove [treatment.{step}]',
        ),
    ),
    "no_parent": (
        (
            "{value} には [geography.areas] の parent が要ります",
            "{value} needs `parent` in [geography.areas]",
        ),
        (
            "上位区域の列名を parent に書いてください",
            "name the column of the level above as parent",
        ),
    ),
    "suppress_last": (
        ("suppress は最後に行うこと", "suppress comes last"),
        ("順序の最後に移してください", "move it to the end of the order"),
    ),
}
