"""Which items does a privacy impact assessment of location statistics go through?

Section, number and the safeguard in our own short words, Japanese and English; their order and
numbers are those of appendix 2 of the guideline for sufficient anonymisation (2017).
"""

from __future__ import annotations

SECTIONS: tuple[tuple[str, str], ...] = (
    ("全般的事項", "In general"),
    ("データの取得", "Collection"),
    ("加工前・加工中のデータの保管", "Keeping data before and during processing"),
    ("十分な匿名化加工", "Anonymisation"),
    ("加工後のデータの提供・利用", "Provision and use of the results"),
    ("データの消去", "Erasure"),
)

ITEMS: dict[str, tuple[str, str]] = {
    "1.1": (
        "責任者・担当者と事故時の報告体制が決まっている",
        "responsible persons and incident reports are settled",
    ),
    "1.2": ("位置情報を含むプライバシーポリシーがある", "a privacy policy covers location data"),
    "1.3": (
        "安全管理の規程・手順書が位置情報を対象とする",
        "rules and manuals cover location data",
    ),
    "1.4": ("規程を周知し、適時に見直す", "the rules are known and reviewed"),
    "1.5": ("格納場所が特定されている", "the places of storage are known"),
    "1.6": (
        "権限は必要な要員に1人1IDで付与し、認証を管理する",
        "access is personal, needed and authenticated",
    ),
    "1.7": ("アクセスを記録し、記録を保護する", "access is recorded and the records are protected"),
    "1.8": ("取扱いの状況を適時に確認する", "handling is checked regularly"),
    "2.1": (
        "取得に先立ち、項目と目的を明らかにして同意を得る",
        "consent precedes collection and names items and purposes",
    ),
    "2.2": ("同意の日時を記録し、提示できる", "the time of consent is on record"),
    "2.3": ("不必要な情報を取得しない", "nothing unnecessary is collected"),
    "2.4": ("利用停止の申出など本人関与の機会がある", "persons can object"),
    "2.5": ("目的の変更は関連性のある範囲に限る", "purposes change only within what is related"),
    "2.6": ("事業承継の際も承継前の目的の範囲に限る", "a successor keeps to the earlier purpose"),
    "2.7": (
        "取得者・種類・精度・加工・目的・提供・保存・窓口を説明する",
        "the collection is explained to those concerned",
    ),
    "3.1": (
        "加工前・加工中のデータを所定の場所で安全に管理する",
        "data in process are kept safely in a set place",
    ),
    "3.2": (
        "監視・暗号化・秘密分散など機密性を高める",
        "monitoring, encryption or the like raise confidentiality",
    ),
    "3.3": ("媒体・機器の持込みと持出しを制限する", "media and devices are controlled"),
    "3.4": (
        "保管場所を監視し、記録を参照できる",
        "the place is watched and the watch is on record",
    ),
    "3.5": ("目的に応じた保管期間を定める", "a retention period is set"),
    "3.6": ("期間後に保管する場合は理由を定める", "longer retention has a stated reason"),
    "3.7": ("従業者を教育する", "staff are trained"),
    "3.8": ("外部からの不正アクセスを防ぐ", "intrusion from outside is prevented"),
    "3.9": ("端末と媒体・機器の接続を制限する", "connections of terminals are restricted"),
    "3.10": (
        "加工後のデータと照合して再特定しない措置がある",
        "linking results back to persons is prevented",
    ),
    "3.11": ("その他の保管上のリスクに対処する", "other risks of storage are met"),
    "4.1": ("要員の業務外の使用・複製を防ぐ", "private use and copying by staff are prevented"),
    "4.2": (
        "作業と手順の実行を記録し、点検し、保護する",
        "work and runs are logged, reviewed and protected",
    ),
    "4.3": ("所定の加工方法を用いる", "only settled methods are used"),
    "4.4": ("加工の要員を限定する", "few persons process data"),
    "4.5": ("付帯情報の条件を満たす", "attributes meet the conditions"),
    "4.6": (
        "入口要件: 連結する符号を削除または一方向に置き換える",
        "entry: linking codes are dropped or replaced one-way",
    ),
    "4.7": ("出口要件: 非識別性と九つの評価要素", "exit: anonymity and the nine factors"),
    "4.8": ("その他の加工上のリスクに対処する", "other risks of processing are met"),
    "5.1": ("同意した目的に限って利用する", "use is limited to agreed purposes"),
    "5.2": ("同意がある場合に限って提供する", "provision needs consent"),
    "5.3": ("提供の手続きを定める", "provision follows a set procedure"),
    "5.4": (
        "提供の日付・目的・責任者を記録する",
        "date, purpose and responsible person of provisions are on record",
    ),
    "5.5": (
        "提供する項目と方法を事前に公表する",
        "items and manner of provision are published beforehand",
    ),
    "5.6": ("求めや侵害があれば提供を停止できる", "provision can be stopped"),
    "5.7": ("提供先に照合の禁止を契約で課す", "recipients are bound not to link"),
    "5.8": ("その他の提供上のリスクに対処する", "other risks of provision are met"),
    "6.1": (
        "不要になった加工前・加工中のデータを消去する",
        "data before and in process are erased when done",
    ),
    "6.2": ("目的を終えた加工後のデータを消去する", "results are erased when their purpose ends"),
    "6.3": ("復元できないように消去する", "erasure cannot be undone"),
    "6.4": ("機器・媒体は復元できないように廃棄する", "hardware is disposed of beyond recovery"),
    "6.5": ("その他の消去上のリスクに対処する", "other risks of erasure are met"),
}
"""Every item by its number."""

CAMERA: dict[str, tuple[str, str]] = {
    "1": (
        "基本原則: リスク分析と運用体制、一元的な連絡先",
        "principle: risk analysis, organisation, one contact",
    ),
    "2": ("事前告知の実施", "announcement beforehand"),
    "3": ("事前告知の内容 (目的・地点・特定しないこと・問合せ先)", "content of the announcement"),
    "4": ("事前告知の多言語化", "announcement in several languages"),
    "5": ("取得時の通知の実施", "notice at the place"),
    "6": ("通知の内容", "content of the notice"),
    "7": ("通知の多言語化", "notice in several languages"),
    "8": ("画像の破棄", "destruction of the images"),
    "9": ("処理方法の明確化", "the processing is explained"),
    "10": ("処理データの保存", "what is kept after processing"),
    "11": ("適切な安全管理対策", "security measures"),
    "12": ("利用範囲とアクセス権", "scope of use and access rights"),
    "13": ("開示請求への対応", "requests for disclosure"),
    "14": ("削除請求への対応", "requests for deletion"),
    "15": ("第三者提供時の契約", "contracts on provision to others"),
    "16": ("契約変更時の事前告知", "announcement of changed terms"),
}
"""The sixteen considerations of the guidebook on the use of camera images, version 2.0 (2018)."""
