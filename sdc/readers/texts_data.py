"""In which words is each problem with positions, numbers and special formats told?"""

from __future__ import annotations

from sdc.readers.texts import Text

PLACES: dict[str, Text] = {
    "crs-missing": Text(
        "座標参照系が分かること",
        "the coordinate reference system must be known",
        'crs を指定してください（例: crs = "EPSG:6668"）',
        'state it with crs, e.g. crs = "EPSG:6668"',
    ),
    "crs-unknown": Text(
        "座標参照系の指定が正しいこと",
        "the coordinate reference system must be a known one",
        "EPSGコードで指定してください（例: EPSG:6668）",
        "state an EPSG code such as EPSG:6668",
    ),
    "crs-conflict": Text(
        "指定した座標参照系がファイルの {found} と一致すること",
        "the CRS stated must be that of the file, {found}",
        "crs の指定を外すか、ファイルの座標系を直してください",
        "leave crs out, or correct the CRS of the file",
    ),
    "crs-degrees": Text(
        "平面直角座標の値はメートルであること",
        "coordinates of a plane CRS must be in metres",
        "値は緯度経度のようです。crs に緯度経度の座標系（EPSG:6668など）を指定してください",
        "these look like degrees: state a geographic CRS such as EPSG:6668",
    ),
    "crs-metres": Text(
        "緯度経度の値は度であること",
        "coordinates of a geographic CRS must be in degrees",
        "値はメートルのようです。crs に平面直角座標系（EPSG:6669〜6687など）を指定してください",
        "these look like metres: state a plane CRS such as EPSG:6669 to 6687",
    ),
    "xy-missing": Text(
        "座標の列 x と y の両方を指定すること",
        "both coordinate columns x and y must be named",
        'x と y を指定してください（例: x = "lon", y = "lat"）',
        'name them, e.g. x = "lon", y = "lat"',
    ),
    "position-missing": Text(
        "座標があること",
        "every record must have a position",
        "座標を入れるか、その行を除いてください",
        "fill in the coordinate or leave the record out",
    ),
    "position-syntax": Text(
        "座標は半角の十進数であること",
        "a coordinate must be a plain decimal number",
        "35.6812 のように半角の十進数で書いてください",
        "write it like 35.6812",
    ),
    "position-zero": Text(
        "座標が 0, 0 でないこと",
        "a position must not be 0, 0",
        "位置が不明な行です。座標を入れるか除いてください",
        "the position is unknown: fill it in or leave the record out",
    ),
    "position-swapped": Text(
        "x は経度（東向き）、y は緯度（北向き）であること",
        "x must be longitude or easting, y latitude or northing",
        "x と y の指定を入れ替えてください",
        "exchange x and y",
    ),
    "position-outside": Text(
        "位置が日本（北緯20〜46度、東経122〜154度）の中にあること",
        "a position must be in Japan (20-46 N, 122-154 E)",
        "座標と座標参照系を確認してください",
        "check the coordinates and the CRS",
    ),
    "geometry-missing": Text(
        "図形があること",
        "every feature must have a geometry",
        "図形を作るか、その行を除いてください",
        "draw it or leave the feature out",
    ),
    "geometry-unreadable": Text(
        "図形が読めること",
        "every geometry must be readable",
        "GISソフトで図形を修復してください",
        "repair it in a GIS program",
    ),
    "geometry-kind": Text(
        "図形は {wanted} であること",
        "a geometry must be a {wanted}",
        "レイヤの種類を確認してください",
        "check that this is the right layer",
    ),
    "geometry-none": Text(
        "位置を表す図形か座標の列があること",
        "there must be geometries or coordinate columns",
        "x と y で座標の列を指定するか、空間データを指定してください",
        "name coordinate columns with x and y, or give a spatial file",
    ),
}

VALUES: dict[str, Text] = {
    "value-mark": Text(
        "秘匿する前の表に秘匿記号がないこと（Xを0とは読みません）",
        "a table to be protected must not hold marks (X is never read as 0)",
        "秘匿前の表を使うか、公表済みの表は sdc audit で調べてください",
        "use the table before hiding; a published one is for sdc audit",
    ),
    "value-dash": Text(
        "値は整数であること（「-」は既定では0と読みません）",
        "a value must be a whole number (`-` is not read as 0 by default)",
        "0 と書くか、「-」を0と読む指定をしてください",
        "write 0, or allow `-` to be read as zero",
    ),
    "value-blank": Text(
        "値が空でないこと",
        "a value must not be blank",
        "件数を入れてください（0件なら 0）",
        "fill in the number (0 where there is none)",
    ),
    "value-negative": Text(
        "値は0以上であること",
        "a value must not be negative",
        "元の表を確認してください",
        "check the source table",
    ),
    "value-fraction": Text(
        "値は小数点のない整数であること",
        "a value must be a whole number without decimal point",
        "整数で書いてください",
        "write it as a whole number",
    ),
    "value-grouped": Text(
        "値に桁区切りのコンマがないこと",
        "a value must not have digit grouping",
        "1234 のようにコンマなしで書いてください",
        "write it like 1234",
    ),
    "value-width": Text(
        "値は半角数字であること",
        "a value must be in half-width digits",
        "半角数字で書いてください",
        "write it in half-width digits",
    ),
    "value-space": Text(
        "値の前後に空白がないこと",
        "a value must not begin or end with blanks",
        "空白を削除してください",
        "remove the blanks",
    ),
    "value-scientific": Text(
        "値は指数表記でないこと",
        "a value must not be in scientific notation",
        "桁が失われています。元データから出力し直してください",
        "digits are lost: export it again from the source",
    ),
    "value-large": Text(
        "値は2の53乗以下であること",
        "a value must not exceed 2 to the power of 53",
        "単位を確認してください",
        "check the unit",
    ),
    "value-syntax": Text(
        "値は 0, 1, 2, … の整数であること",
        "a value must be a whole number 0, 1, 2, …",
        "半角の整数で書いてください",
        "write it as a plain whole number",
    ),
    "cell-duplicate": Text(
        "同じセルは1行だけであること（{first}行目と同じ）",
        "a cell must stand in one row only (also in row {first})",
        "どちらかの行を削除してください",
        "delete one of the rows",
    ),
    "total": Text(
        "合計は内訳の和に等しいこと",
        "a total must equal the sum of its parts",
        "このセルか内訳の値を直してください",
        "correct this cell or its parts",
    ),
    "table-size": Text(
        "表のセル数は {limit} 以下であること",
        "a table must have at most {limit} cells",
        "次元か階層を減らしてください",
        "use fewer dimensions or shorter hierarchies",
    ),
    "measure-step": Text(
        "値は単位 {step} の整数倍であること",
        "a value must be a whole multiple of {step}",
        "step を小さくするか、値を丸めてください",
        "use a smaller step, or round the values",
    ),
    "measure-lonely": Text(
        "件数が0のセルの量は0であること",
        "a cell without units must have the measure 0",
        "件数か量を直してください",
        "correct the count or the measure",
    ),
    "measure-unknown": Text(
        "量の列が value の右にあること（列: {known}）",
        "a measure must be a column right of value (columns: {known})",
        "--measure の指定を直してください",
        "correct the name of the measure",
    ),
}

FORMATS: dict[str, Text] = {
    "census-header": Text(
        "e-Stat の小地域またはメッシュ集計の見出し2行があること",
        "the file must have the two header rows of an e-Stat small-area or mesh table",
        "e-Stat からダウンロードしたCSVをそのまま使ってください",
        "use the file as e-Stat delivers it",
    ),
    "census-code": Text(
        "{column} は {known} のいずれか",
        "{column} must be one of {known}",
        "元のファイルを確認してください",
        "check the source file",
    ),
    "census-length": Text(
        "HYOSYO {level} の KEY_CODE は {n} 桁",
        "a KEY_CODE of HYOSYO {level} must have {n} digits",
        "先頭の0が失われていないか確認してください",
        "check that no leading zero is lost",
    ),
    "census-parent": Text(
        "上位の地域（{parent}）の行があること",
        "the area above ({parent}) must have a row",
        "元のファイルを確認してください",
        "check the source file",
    ),
    "census-link": Text(
        "合算先（HTKSAKI）と合算元（GASSAN）が互いに対応すること",
        "HTKSAKI and GASSAN must name each other",
        "元のファイルを確認してください",
        "check the source file",
    ),
    "jj-line": Text(
        "JJ形式の {what} の行であること",
        "the line must be {what} of the JJ format",
        "JJ形式の並びを確認してください",
        "check the layout of the JJ file",
    ),
    "jj-number": Text(
        "{what} は0以上の整数であること",
        "{what} must be a whole number >= 0",
        "全体を10の累乗倍して整数にしてください",
        "multiply all of them by a power of ten",
    ),
    "jj-id": Text(
        "セル番号は 0 から {last} まで1回ずつ現れること",
        "cell numbers must run from 0 to {last}, each once",
        "番号を直してください",
        "correct the number",
    ),
    "jj-status": Text(
        "状態は u, s, z のいずれか",
        "a status must be u, s or z",
        "状態を直してください",
        "correct the status",
    ),
    "jj-weight": Text(
        "u と s のセルの重みは正の数であること",
        "the weight of a u or s cell must be above 0",
        "重みを直してください",
        "correct the weight",
    ),
    "jj-bounds": Text(
        "下限 ≤ 値 ≤ 上限 であること",
        "lower <= value <= upper must hold",
        "値か限界を直してください",
        "correct the value or the bounds",
    ),
    "jj-relation": Text(
        "関係式は「右辺 k : 番号 (係数) …」の形であること",
        "a relation must read: rhs k : id (coefficient) …",
        "関係式を直してください",
        "correct the relation",
    ),
    "jj-additivity": Text(
        "値が関係式を満たすこと",
        "the values must satisfy the relation",
        "値か関係式を直してください",
        "correct the values or the relation",
    ),
}
