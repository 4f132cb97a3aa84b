from __future__ import annotations

import pytest

from retrieval.language import detect_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The keeper winds the clock each morning before the boats leave.", "en"),
        ("BRCA1 mutation risk", "en"),
        ("wing-type nuts", "en"),
        ("每位员工每年有十五天年假。", "zh"),
        ("Docker 平台怎么安装", "zh"),
        ("每位員工每年有十五天年假，須提前申請。", "zh"),
        ("Der Wärter zieht die Uhr jeden Morgen auf, und die Boote sind noch nicht weg.", "und"),
        ("El guardián da cuerda al reloj cada mañana", "und"),
        ("灯台守は毎朝時計のねじを巻きます。", "und"),
        ("등대지기는 매일 아침 시계를 감습니다.", "und"),
        ("12.50 960 37", "und"),
        ("", "und"),
    ],
)
def test_languages(text: str, language: str) -> None:
    assert detect_language(text) == language


def test_a_foreign_name_does_not_change_the_language() -> None:
    text = "The workshop in 临潮 was opened in 2016 and it makes the 海燕 barometer for the whole of Asia."
    assert detect_language(text) == "en"
