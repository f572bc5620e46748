"""Railway tickets in the blue and the red layout, with made-up journeys and people."""

from __future__ import annotations

import random

from bench.draw.paper import Drawn, Paper

_STATIONS = (
    "青山",
    "临江",
    "云岭北",
    "长桥东",
    "石门南",
    "海棠",
    "凤台西",
    "金沙",
    "白鹿",
    "松原南",
    "新浦",
    "柳河",
)
_PINYIN = {"青": "Qing", "山": "shan", "临": "Lin", "江": "jiang", "云": "Yun", "岭": "ling", "北": "bei"}
_CLASSES = ("二等座", "一等座", "商务座", "硬座", "软卧")
_SURNAMES, _GIVEN = "陈林何郭赵孙", ("文博", "雨桐", "子涵", "思远", "佳", "明轩")
_RED = (200, 40, 60)


def draw(rng: random.Random, name: str) -> Drawn:
    """A ticket as it leaves the printer."""
    red = rng.random() < 0.4
    paper = Paper.blank(1040, 660, (250, 224, 222) if red else (214, 232, 240))
    _pattern(paper, rng, red=red)
    facts = _facts(rng)
    paper.expected = dict(facts)
    _top(paper, facts)
    _middle(paper, facts)
    _foot(paper, facts, red=red)
    return paper.done("train_ticket", name)


def _facts(rng: random.Random) -> dict[str, object]:
    start, end = rng.sample(_STATIONS, 2)
    number = rng.choice("ABCEFGHJKLMNPRSTUVWXYZ") + f"{rng.randrange(10**6):06d}"
    month, day = rng.randrange(1, 13), rng.randrange(1, 29)
    birth = f"{rng.randrange(1960, 2004)}"
    identity = (
        f"{rng.randrange(110000, 659000)}{birth}****{rng.randrange(1000):03d}{rng.choice('0123456789X')}"
    )
    return {
        "ticket_number": number,
        "from_station": start + "站",
        "to_station": end + "站",
        "train_number": rng.choice("GDCZTK") + str(rng.randrange(10, 9000)),
        "departure_datetime": f"20{rng.randrange(17, 24)}-{month:02d}-{day:02d}T"
        f"{rng.randrange(6, 23):02d}:{rng.randrange(60):02d}",
        "car": f"{rng.randrange(1, 17):02d}",
        "seat": f"{rng.randrange(1, 20):02d}{rng.choice('ABCDF')}",
        "seat_class": rng.choice(_CLASSES),
        "price": round(rng.randrange(95, 9000) / 10 + 9, 1),
        "currency": "CNY",
        "passenger_name": rng.choice(_SURNAMES) + rng.choice(_GIVEN),
        "id_number": identity,
        "check_in_gate": rng.choice(("3A", "12B", "二层B2", "A9", None)),
        "sold_at": start + "售",
        "bottom_code": f"{rng.randrange(10**13, 10**14)}{number}",
    }


def _top(paper: Paper, facts: dict[str, object]) -> None:
    paper.write(70, 40, str(facts["ticket_number"]), size=46, ink=_RED, at="/ticket_number")
    if facts["check_in_gate"]:
        right = paper.write(720, 48, "检票:", size=34)
        paper.write(right, 48, str(facts["check_in_gate"]), size=34, at="/check_in_gate")
    for x, key in ((90, "from_station"), (690, "to_station")):
        station = str(facts[key])
        right = paper.write(x, 104, station[:-1], size=56, face="song", at=f"/{key}")
        paper.write(right + 8, 122, "站", size=36, face="song", at=f"/{key}")
        paper.write(
            x + 20, 168, "".join(_PINYIN.get(char, "Xin") for char in station[:-1]), size=26, face="serif"
        )
    paper.write(470, 108, str(facts["train_number"]), size=46, face="serif", at="/train_number")
    paper.pen.line((450, 164, 620, 164), fill=(20, 20, 20), width=3)


def _middle(paper: Paper, facts: dict[str, object]) -> None:
    day, clock = str(facts["departure_datetime"]).split("T")
    year, month, date = day.split("-")
    paper.write(70, 216, f"{year}年{month}月{date}日 {clock}开", size=36, at="/departure_datetime")
    right = paper.write(690, 216, str(facts["car"]), size=36, at="/car")
    right = paper.write(right + 2, 222, "车", size=28)
    right = paper.write(right + 2, 216, str(facts["seat"]), size=36, at="/seat")
    paper.write(right + 2, 222, "号", size=28)
    right = paper.write(70, 270, "¥ ", size=36)
    right = paper.write(right, 270, f"{facts['price']}", size=36, at="/price")
    paper.write(right + 2, 276, "元", size=28)
    paper.write(470, 270, "网", size=32)
    paper.write(740, 270, str(facts["seat_class"]), size=36, at="/seat_class")
    paper.write(70, 322, "限乘当日当次车", size=32)
    right = paper.write(70, 420, str(facts["id_number"]), size=38, at="/id_number")
    paper.write(right + 14, 420, str(facts["passenger_name"]), size=38, face="song", at="/passenger_name")


def _foot(paper: Paper, facts: dict[str, object], *, red: bool) -> None:
    for number in range(16):
        x = 180 + 36 * number
        paper.pen.line((x, 486, x + 20, 486), fill=(60, 60, 60), width=2)
    paper.write(230, 494, "买票请到12306 发货请到95306", size=28)
    paper.write(290, 530, "中国铁路祝您旅途愉快", size=28)
    if not red:
        paper.pen.rectangle((0, 584, 1040, 660), fill=(140, 190, 214))
    right = paper.write(70, 598, str(facts["bottom_code"]), size=32, face="mono", at="/bottom_code")
    paper.write(right + 24, 596, str(facts["sold_at"]), size=32, at="/sold_at")


def _pattern(paper: Paper, rng: random.Random, *, red: bool) -> None:
    """Guilloche in the paper and the square code, which holds nothing."""
    tint = (240, 205, 205) if red else (196, 220, 232)
    for step in range(0, 1040, 14):
        paper.pen.arc((step - 300, -120, step + 340, 780), 20, 160, fill=tint)
    for row in range(22):
        for column in range(22):
            if rng.random() < 0.5:
                x, y = 800 + 8 * column, 390 + 8 * row
                paper.pen.rectangle((x, y, x + 7, y + 7), fill=(30, 30, 30))
