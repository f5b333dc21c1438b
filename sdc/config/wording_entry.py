"""In which words is a fault of ``[deidentify]``, of a view or of ``[approval]`` told?"""

from __future__ import annotations

from collections.abc import Mapping

Pair = tuple[str, str]

ENTRY: Mapping[str, tuple[Pair, Pair]] = {
    "less_than": (
        ("{lt}未満であること", "must be less than {lt}"),
        ("値を修正してください", "correct the value"),
    ),
    "missing_path": (
        ("記録には path か view が要ります", "records need a path or a view"),
        ("ファイルの path を書いてください", "name the file with `path`"),
    ),
    "as_is_reason": (
        ("加工しない列 (as_is) には理由が要ります", "a column kept as it is needs its reason"),
        ("reason に理由を書いてください", "write it as `reason`"),
    ),
    "quasi_method": (
        (
            "組み合わせて個人を識別しうる列 (quasi) は粗くすること",
            "a quasi-identifier must be made coarser",
        ),
        (
            'method か ladder を書くか、role = "as_is" と reason を書いてください',
            'give `method` or `ladder`, or role = "as_is" with a reason',
        ),
    ),
    "role_method": (
        (
            "この役割の列は加工せずに削除されます",
            "a column of this role is dropped, not made coarser",
        ),
        ("method を取り除くか、role を直してください", "remove the method or correct the role"),
    ),
    "scope_role": (
        ("scope は連結符号 (linking) だけの設定です", "scope belongs to a linking code"),
        ("scope を取り除くか、role を linking にしてください", "remove it, or set role = linking"),
    ),
    "plain_hash": (
        (
            "仮IDは鍵付きの一方向関数 hmac-sha256 であること "
            "(鍵のないハッシュは総当たりで元に戻せます)",
            "pseudonyms are made by hmac-sha256 with a key: a hash without one is undone by hashing "
            "all phone numbers or MAC addresses",
        ),
        ('pseudonym = "hmac-sha256" と key を指定してください', 'write "hmac-sha256" and a key'),
    ),
    "needs_key": (
        ("仮IDには鍵ファイルが要ります", "pseudonyms need a key file"),
        (
            "`sdc keygen --purpose pseudonym --out FILE` で作り、key に書いてください",
            "make one with `sdc keygen --purpose pseudonym --out FILE` and name it as `key`",
        ),
    ),
    "needs_k": (
        (
            "rare・leave・ladder・give_up・cells には k が要ります",
            "rare, leave, ladder, give_up and cells need k",
        ),
        ("同じ [deidentify] に k を書いてください", "write k in the same [deidentify] table"),
    ),
    "needs_column": (
        ("{value} には `{needed}` の列が要ります", "{value} needs `{needed}`"),
        ("`{needed}` に列名を書いてください", "name the column with `{needed}`"),
    ),
    "method_needs": (
        ("{method} には `{needed}` が要ります", "{method} needs `{needed}`"),
        ("`{needed}` を書き加えてください", "add `{needed}`"),
    ),
    "view_path": (
        ("view と path は一方だけ書くこと", "records have a path or a view, not both"),
        ("path を取り除いてください", "remove the path"),
    ),
    "view_place": (
        ("場所は level (メッシュ) か place (列) の一方で決めること", "a view has level or place"),
        ("一方だけ書いてください", "write exactly one of them"),
    ),
    "view_definition": (
        (
            "kind = trips には definition が要り、ほかでは使えません",
            "trips need a definition, and nothing else has one",
        ),
        (
            "hops・chains・ends・via のいずれかを書くか、取り除いてください",
            "write hops, chains, ends or via, or remove it",
        ),
    ),
    "trips_overlap": (
        (
            "同じ記録を異なる移動の数え方で公表しないこと (ホップが重なり、差し引けます)",
            "the same records must not be cut into trips in two ways: hops would overlap",
        ),
        ("definition を一つにそろえてください", "use one definition"),
    ),
    "mesh_level": (
        ("メッシュコードの列には段階の宣言が要ります", "a column of mesh codes needs its level"),
        (
            '例: mesh = "mesh_code", level = "500m"',
            'write for example mesh = "code", level = "500m"',
        ),
    ),
    "outside_areas": (
        (
            "対象地域外を拒むのは、メッシュコードの記録と [geography.areas] がある場合です",
            "what lies outside is refused for mesh codes, where [geography.areas] is given",
        ),
        ("[geography.areas] を書くか、outside を取り除いてください", "add the areas or remove it"),
    ),
    "mesh_class": (
        (
            "メッシュの区分は view の level が [geography.mesh] の最も細かい段階と同じであること",
            "a class of mesh cells needs a view at the finest level of [geography.mesh]",
        ),
        ('view に level = "{finest}" と書いてください', 'write level = "{finest}" in the view'),
    ),
    "not_generalised": (
        ("この記録には [deidentify] がありません", "these records have no [deidentify]"),
        ("codelist か breaks を使ってください", "use a codelist or breaks"),
    ),
    "decision_missing": (
        (
            "九つの評価要素すべてに判断があること: {factor_ja}",
            "each of the nine factors needs a decision: {factor_en}",
        ),
        (
            "[exit.decisions.{factor}] に decision・person・reason を書いてください",
            "write decision, person and reason in [exit.decisions.{factor}]",
        ),
    ),
    "count_entry": (
        (
            "count は数えた結果の記録に使い、個人の記録 ([deidentify]) には使えません",
            "count belongs to records that were counted already, not to those of persons",
        ),
        ("count か [deidentify] を取り除いてください", "remove count or [deidentify]"),
    ),
    "no_geography": (
        ("密度は地域のある表から作ること", "a density needs a table with a geography"),
        ("別の表を指定してください", "name another table"),
    ),
    "same_person": (
        (
            "作成者・確認者・承認者には異なる3人が要ります",
            "maker, checker and approver are three different persons",
        ),
        ("別の人を書き加えてください", "name another person"),
    ),
}
