"""In which words is a fault of the configuration told, in Japanese and in English?

Every fault has a code; ``{…}`` is filled from what is known.
"""

from __future__ import annotations

from collections.abc import Mapping

from sdc.config.wording_entry import ENTRY
from sdc.config.wording_treatment import TREATMENT

Pair = tuple[str, str]
_CORRECT: Pair = ("値を修正してください", "correct the value")
_INSIDE: Pair = (
    "設定ファイルのフォルダ以下の相対パスで、区切りは / で書いてください",
    "write a relative path below the configuration's folder, with / between folders",
)

WORDS: Mapping[str, tuple[Pair, Pair]] = {
    **ENTRY,
    **TREATMENT,
    # what pydantic finds
    "missing": (
        ("必須のキーです", "this key is required"),
        ("キー `{key}` を書き加えてください", "add the key `{key}`"),
    ),
    "extra_forbidden": (
        ("設定にないキーは使えません", "unknown keys are not accepted"),
        ("{hint_ja}", "{hint_en}"),
    ),
    "string_type": (
        ("文字列であること", "must be text"),
        ("引用符で囲んでください", "put it in quotation marks"),
    ),
    "int_type": (
        ("整数であること", "must be a whole number"),
        ("引用符や小数点のない整数で書いてください", "write digits without quotes or a point"),
    ),
    "number": (
        ("有限の数であること", "must be a finite number"),
        ("引用符のない数で書いてください", "write a number without quotes"),
    ),
    "greater_than_equal": (("{ge}以上であること", "must be at least {ge}"), _CORRECT),
    "greater_than": (("{gt}より大きいこと", "must be greater than {gt}"), _CORRECT),
    "less_than_equal": (("{le}以下であること", "must be at most {le}"), _CORRECT),
    "literal_error": (
        ("{expected_ja} のいずれかであること", "must be one of {expected_ja}"),
        ("このうちの一つを書いてください", "write one of these"),
    ),
    "list": (("配列であること", "must be an array"), ("[ … ] で書いてください", "write [ … ]")),
    "table": (
        ("テーブルであること", "must be a table"),
        ("[{path}] または {{ … }} で書いてください", "write [{path}] or {{ … }}"),
    ),
    "too_short": (
        ("空でないこと", "must not be empty"),
        ("一つ以上書いてください", "write at least one"),
    ),
    "flag": (("true か false であること", "must be true or false"), _CORRECT),
    "toml": (
        ("TOMLとして読めること", "must be readable as TOML"),
        ("この行の書き方を直してください ({detail})", "correct this line ({detail})"),
    ),
    "encoding": (
        ("設定ファイルはUTF-8であること", "the configuration must be UTF-8"),
        ("UTF-8で保存し直してください", "save it as UTF-8"),
    ),
    "no_file": (
        ("ファイルが存在すること", "the file must exist"),
        ("パスとファイル名を確かめてください", "check the path and the file name"),
    ),
    "schema": (
        ("schema は 1 であること", "schema must be 1"),
        (
            "この版が読める `schema = 1` にしてください",
            "write `schema = 1`, which this version reads",
        ),
    ),
    # texts and codes
    "identifier": (
        (
            "識別子は英数字で始まる英数字・-・_ (64字以内)であること",
            "an id is letters, digits, - and _, begins with a letter or digit, 64 at most",
        ),
        ("半角の英数字で付け直してください", "choose another name"),
    ),
    "name_reserved": (
        ("この名前は出力で別の意味に使われます", "this name has another meaning in the output"),
        ("別の名前にしてください", "choose another name"),
    ),
    "name_twice": (
        ("名前は大文字小文字を区別せず一意であること", "names must differ by more than case"),
        ("別の名前にしてください", "choose another name"),
    ),
    "line_of_text": (
        ("改行や制御文字のない空でない1行の文であること", "must be one non-empty line of text"),
        ("1行で書いてください", "write it on one line"),
    ),
    "municipality": (
        (
            "団体コードは検査数字を含む6桁の数字であること",
            "a municipality code is 6 digits, the last being the check digit",
        ),
        ("{hint_ja}", "{hint_en}"),
    ),
    "date": (
        ("日付は YYYY-MM-DD であること", "a date is YYYY-MM-DD"),
        ("例: 2026-04-01 と書いてください", "write for example 2026-04-01"),
    ),
    "period": (
        ("期間は最初の日と最後の日の2つであること", "a period is its first and its last day"),
        ("例: [2026-04-01, 2026-04-30]", "write for example [2026-04-01, 2026-04-30]"),
    ),
    "dates_order": (
        ("公表日は調査日以後であること", "release_date must not be before survey_date"),
        ("survey_date と release_date を確かめてください", "check survey_date and release_date"),
    ),
    "crs": (
        ("座標参照系は EPSG:番号 であること", "a CRS is written as EPSG: and a number"),
        ('例: "EPSG:6668" と書いてください', 'write for example "EPSG:6668"'),
    ),
    "word": (
        ("名前は英小文字・数字・-・_ であること", "a name is lower-case letters, digits, - and _"),
        _CORRECT,
    ),
    "words": (
        ("見出しは日本語と英語の2つであること", "a title is two texts, Japanese and English"),
        ('例: ["建物用途", "building use"]', 'write for example ["建物用途", "building use"]'),
    ),
    "principal": (
        ("署名者名は英数字と . _ @ - であること", "a principal has letters, digits, . _ @ - only"),
        ("例: release@131041 と書いてください", "write for example release@131041"),
    ),
    "https": (("アドレスは https:// で始まること", "an address starts with https://"), _CORRECT),
    # paths
    "path_empty": (("パスは空でないこと", "a path must not be empty"), _INSIDE),
    "path_control": (("パスに制御文字がないこと", "a path holds no control character"), _INSIDE),
    "path_absolute": (
        ("絶対パス・UNC・URLは使えません", "absolute, UNC and URL paths are refused"),
        _INSIDE,
    ),
    "path_backslash": (("パスの区切りは / であること", "folders are separated by /"), _INSIDE),
    "path_expansion": (
        ("$X・%X%・~ は展開されず、使えません", "$X, %X% and ~ are not expanded and are refused"),
        _INSIDE,
    ),
    "path_device": (("Windowsの装置名は使えません", "Windows device names are refused"), _INSIDE),
    "path_outside": (
        (
            "パスは設定ファイルのフォルダまたは data_root の中にあること",
            "a path must stay below the configuration's folder or data_root",
        ),
        ("ファイルを移すか、data_root を宣言してください", "move the file or declare data_root"),
    ),
    "path_kind": (
        ("使える形式は {kinds} であること", "the format must be one of {kinds}"),
        ("拡張子を確かめるか、変換してください", "check the extension or convert the file"),
    ),
    # columns
    "column_kind": (
        (
            '列は codelist・breaks・kind="measure" のちょうど一つで定義すること',
            'a column has exactly one of codelist, breaks and kind = "measure"',
        ),
        ("一つだけ残してください", "keep exactly one"),
    ),
    "column_measure": (
        ("集計量の列には unit と step が要ります", "a measure needs unit and step"),
        ('例: unit = "m²", step = 1 を書き加えてください', 'add for example unit = "m²", step = 1'),
    ),
    "column_option": (
        ("この種類の列では使えないキーです", "this key does not apply to this kind of column"),
        ("キー `{key}` を取り除いてください", "remove the key `{key}`"),
    ),
    "breaks": (
        ("区切りは小さい順で、重複しないこと", "breaks must increase strictly"),
        ("小さい順に並べ、重複を除いてください", "sort them and remove duplicates"),
    ),
    "position": (
        (
            "CSV・Excel・Parquetの記録には x・y・crs が要ります",
            "records in csv, xlsx or parquet need x, y and crs",
        ),
        ("座標の列名と座標参照系を書いてください", "name the two columns and the CRS"),
    ),
    "position_half": (
        ("x と y は両方書くか、どちらも書かないこと", "x and y come together or not at all"),
        ("もう一方の列名を書いてください", "name the other column too"),
    ),
    "levels": (
        (
            "メッシュは大きい順で、入れ子になる段階だけを並べること",
            "mesh levels go from coarse to fine and each must divide into the next",
        ),
        ('例: ["1km", "500m"] と書いてください', 'write for example ["1km", "500m"]'),
    ),
    # rules and tables
    "dominance": (
        (
            "dominance は [n, k] (n≥1の整数, 0<k<1) であること",
            "dominance is [n, k], n >= 1, 0 < k < 1",
        ),
        ("例: [1, 0.8] と書いてください", "write for example [1, 0.8]"),
    ),
    "cost": (
        (
            "cost は log・value・count か集計量の列名であること",
            "cost is log, value, count or a measure",
        ),
        _CORRECT,
    ),
    "cell": (
        (
            'セルは {{ 区分 = "コード" }} で指定すること',
            'a cell is written as {{ dimension = "code" }}',
        ),
        ("区分名とコード(文字列)を書いてください", "write dimension names and codes as text"),
    ),
    "contradiction": (
        (
            "never_hide と must_hide が同じセルを指しています",
            "never_hide and must_hide name the same cell",
        ),
        ("どちらかから取り除いてください", "remove it from one of them"),
    ),
    "unknown_name": (
        ("{what_ja} に定義された名前であること", "must be a name defined in {what_en}"),
        ("{hint_ja}", "{hint_en}"),
    ),
    "not_class": (
        ("区分の列であること (集計量は区分に使えません)", "must be a class column, not a measure"),
        ("codelist か breaks のある列を指定してください", "name a column with codelist or breaks"),
    ),
    "not_measure": (
        (
            'measure は count か kind="measure" の列であること',
            "measure is count or a measure column",
        ),
        ('kind = "measure" の列を指定してください', 'name a column with kind = "measure"'),
    ),
    "measure_rule": (
        (
            "集計量の表の規則には p_percent か dominance が要ります",
            "the rules of a measure table need p_percent or dominance",
        ),
        ("[rules.{rules}] に書き加えてください", "add one of them to [rules.{rules}]"),
    ),
    # derived figures
    "figure_key": (
        ("この種類の指標には {need_ja} だけが要ります", "this kind of figure needs {need_en} only"),
        ("{need_ja} を書き、ほかを取り除いてください", "give {need_en} and remove the other"),
    ),
    "figure_surface": (
        ("面積の単位は {kinds} であること", "the surface must be one of {kinds}"),
        _CORRECT,
    ),
    "figure_unit": (
        ("比には単位 unit が要ります", "a ratio needs its unit"),
        ('例: unit = "m²/人" を書き加えてください', 'add for example unit = "m²/人"'),
    ),
    "figure_tables": (
        ("2つの表の地域区分は同じであること", "the two tables must have the same geography"),
        ("同じ geography の表を指定してください", "name tables of one geography"),
    ),
    "figure_format": (
        ("指標はCSVに書かれます", "derived figures are written as CSV"),
        ('formats に "csv" を加えてください', 'add "csv" to formats'),
    ),
    "repeated": (
        ("同じ項目が2回あります", "the same entry stands twice"),
        ("一つにしてください", "keep one"),
    ),
    "no_section": (
        ("[{section}] が要ります", "[{section}] is needed"),
        ("[{section}] を書き加えてください", "add the table [{section}]"),
    ),
}
