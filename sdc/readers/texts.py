"""In which words is each problem of an input file told, in Japanese and English?

One entry a finding code: what must hold (ja, en) and what to do (ja, en). ``{…}`` are filled in
where the finding is made. No text ever holds a number that a release might hide.
"""

from __future__ import annotations

from typing import NamedTuple


class Text(NamedTuple):
    """What must hold and what to do, each in Japanese and English."""

    must_ja: str
    must_en: str
    remedy_ja: str
    remedy_en: str


FILES: dict[str, Text] = {
    "option": Text(
        "{name} は {known} のいずれか",
        "{name} must be one of {known}",
        "指定を直してください",
        "correct the option",
    ),
    "file-missing": Text(
        "ファイルが存在すること",
        "the file must exist",
        "ファイル名とフォルダを確認してください",
        "check the file name and the folder",
    ),
    "file-kind": Text(
        "対応する形式であること: {known}",
        "the format must be one of: {known}",
        "対応する形式で保存し直してください",
        "save the data in one of these formats",
    ),
    "file-unreadable": Text(
        "{kind}として読めること",
        "the file must be readable as {kind}",
        "元のソフトで開けるか確認し、保存し直してください",
        "check that it opens in the program it came from and save it again",
    ),
    "file-empty": Text(
        "ファイルに内容があること",
        "the file must not be empty",
        "出力をやり直してください",
        "export the file again",
    ),
    "file-part": Text(
        "シェープファイルは .shp .shx .dbf がそろうこと",
        "a shapefile consists of .shp, .shx and .dbf",
        "足りないファイルを同じフォルダに置いてください",
        "put the missing part into the same folder",
    ),
    "layer-choice": Text(
        "読むレイヤ（シート）が1つに決まること: {known}",
        "one layer or sheet must be chosen among: {known}",
        "layer を指定してください",
        "name it with layer",
    ),
    "encoding": Text(
        "文字コードはUTF-8、BOM付きUTF-16、CP932のいずれかで、全体が正しいこと",
        "the text must be valid UTF-8, UTF-16 with BOM, or CP932 throughout",
        "この位置の文字を直すか、UTF-8で保存し直してください",
        "correct the character here, or save the file as UTF-8",
    ),
    "encoding-declared": Text(
        "指定された文字コード {encoding} で読めること",
        "the text must be valid in the declared encoding {encoding}",
        "encoding の指定を直すか外してください",
        "correct the encoding option or leave it out",
    ),
    "encoding-unknown": Text(
        "文字コードの指定は {known} のいずれか",
        "encoding must be one of {known}",
        "encoding の指定を直してください",
        "correct the encoding option",
    ),
    "mojibake": Text(
        "文字化けがないこと",
        "the text must not be garbled",
        "元のデータから正しい文字コードで出力し直してください（正しくは「{guess}」と思われます）",
        "export it again in the right encoding (it was probably {guess!r})",
    ),
    "control": Text(
        "制御文字を含まないこと",
        "the text must hold no control characters",
        "テキスト（CSV UTF-8）として保存し直してください",
        "save the file as plain text (CSV UTF-8)",
    ),
    "separator": Text(
        "区切りはコンマであること",
        "columns must be separated by commas",
        "コンマ区切りのCSVで保存し直してください",
        "save the file as comma-separated values",
    ),
    "quote": Text(
        "引用符が正しく閉じること",
        "quotation marks must be closed",
        'この行の " を確認してください',
        "check the quotation marks in this row",
    ),
    "header-only": Text(
        "見出しの下にデータがあること",
        "there must be data below the header",
        "出力の条件を確認してください",
        "check the selection that was exported",
    ),
    "header-blank": Text(
        "すべての列に名前があること",
        "every column must have a name",
        "列名を付けるか、空の列を削除してください",
        "name the column or delete it",
    ),
    "header-duplicate": Text(
        "列名が重複しないこと",
        "column names must be unique",
        "列名を変えてください",
        "rename one of the columns",
    ),
    "header-space": Text(
        "列名の前後に空白がないこと",
        "column names must not begin or end with blanks",
        "列名の空白を削除してください",
        "remove the blanks",
    ),
    "ragged": Text(
        "すべての行が見出しと同じ {n} 列であること",
        "every row must have {n} fields as the header has",
        "コンマの過不足や引用符を確認してください",
        "look for missing or surplus commas and quotes",
    ),
    "row-blank": Text(
        "途中に空行がないこと",
        "there must be no blank rows between the data",
        "空行を削除してください",
        "delete the blank row",
    ),
    "column-missing": Text(
        "列があること（ある列: {known}）",
        "the column must exist (columns: {known})",
        "列名の指定かファイルを直してください",
        "correct the column name or the file",
    ),
    "spreadsheet-error": Text(
        "セルが計算エラーでないこと",
        "a cell must not be a spreadsheet error",
        "数式を直し、値として保存してください",
        "correct the formula and save values",
    ),
}

CODES: dict[str, Text] = {
    "code-blank": Text(
        "コードが空でないこと",
        "a code must not be blank",
        "コードを入れてください",
        "fill in the code",
    ),
    "code-space": Text(
        "コードの前後に空白がないこと",
        "a code must not begin or end with blanks",
        "空白を削除してください",
        "remove the blanks",
    ),
    "code-scientific": Text(
        "コードは指数表記でないこと",
        "a code must not be in scientific notation",
        "表計算ソフトで桁が失われています。元データから文字列として出力し直してください",
        "a spreadsheet has destroyed digits: export it again from the source as text",
    ),
    "code-decimal": Text(
        "コードに小数点がないこと",
        "a code must not have a decimal point",
        "数値ではなく文字列として出力し直してください",
        "export the column as text, not as a number",
    ),
    "code-truncated": Text(
        "コードの先頭の0が残っていること",
        "leading zeros of a code must be kept",
        "文字列として出力し直してください（正しくは「{guess}」と思われます）",
        "export the column as text (it was probably {guess!r})",
    ),
    "code-precision": Text(
        "コードは文字列で保存され、15桁を超える数値でないこと",
        "a code must be stored as text, not as a number of more than 15 digits",
        "元データから文字列として出力し直してください",
        "export it again from the source as text",
    ),
    "code-form": Text(
        "コードの字形（全角・半角・濁点）がコード表と一致すること",
        "a code must be spelt as in the code list (full or half width, composed)",
        "「{guess}」と書いてください",
        "write {guess!r}",
    ),
    "code-unknown": Text(
        "コードが {name} の一覧にあること",
        "the code must be listed in {name}",
        "コードを直すか、一覧に追加してください",
        "correct the code or add it to the list",
    ),
    "code-duplicate": Text(
        "コードが重複しないこと（{first}行目と同じ）",
        "a code must be listed once (also in row {first})",
        "どちらかの行を削除してください",
        "delete one of the rows",
    ),
    "pairs-blank": Text(
        "行き先 (to) が空でないこと",
        "the target (to) must not be blank",
        "行き先のコードを書いてください",
        "write the code it becomes",
    ),
    "pairs-double": Text(
        "元のコード (from) は一度だけ書くこと（{first}行目と同じ）",
        "a source (from) must be listed once (also in row {first})",
        "どちらかの行を削除してください",
        "delete one of the rows",
    ),
    "hierarchy-parent": Text(
        "親コードが一覧にあること",
        "the parent must be a listed code",
        "親コードを直すか、その行を追加してください",
        "correct the parent or add its row",
    ),
    "hierarchy-root": Text(
        "親が空のコード（総数）がちょうど1つあること",
        "exactly one code (the total) has an empty parent",
        "総数の行だけ parent を空にしてください",
        "leave parent empty for the total only",
    ),
    "hierarchy-cycle": Text(
        "親をたどると総数に着くこと",
        "following the parents must lead to the total",
        "循環している親コードを直してください",
        "correct the parents that go round in a circle",
    ),
    "hierarchy-unneeded": Text(
        "階層を指定した次元が表の列にあること（列: {known}）",
        "a hierarchy must belong to a column of the table (columns: {known})",
        "階層の指定か列名を直してください",
        "correct the hierarchy option or the column name",
    ),
}
