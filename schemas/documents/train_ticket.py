"""Chinese railway tickets: the blue and the red paper ticket, photographed or scanned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from schemas.documents.base import Document, called, described
from schemas.documents.rules import warning
from schemas.record import Issue
from schemas.values.identity import chinese_id_is_valid


def id_check_digit(data: Mapping[str, Any]) -> Iterator[Issue]:
    """An unmasked identity number ends in its check digit."""
    number = data.get("id_number")
    if number and chinese_id_is_valid(number) is False:
        yield warning("id_check_digit", "/id_number", f"{number} fails its check digit")


def bottom_code_repeats_number(data: Mapping[str, Any]) -> Iterator[Issue]:
    """The code at the foot ends in the ticket number, printed twice against forgery."""
    number, code = data.get("ticket_number"), data.get("bottom_code")
    if number and code and not code.endswith(number[-7:]):
        message = f"the bottom code {code} does not end in the ticket number {number}"
        yield warning("ticket_number_mismatch", "/ticket_number", message)


class TrainTicket(Document):
    """A Chinese railway ticket (火车票)."""

    model_config = called("Train ticket", "火车票", "中国铁路车票。")
    kind: ClassVar[str] = "train_ticket"
    keys = ("train_number", "from_station", "to_station")
    always = ("train_number", "from_station", "to_station", "departure_datetime", "price", "seat_class")
    rules = (id_check_digit, bottom_code_repeats_number)

    ticket_number: str | None = described(
        "Ticket number",
        "票号",
        "Red number at the top left, such as A012345.",
        "左上角红色票号，例如 A012345。",
        concept="ticket.number",
    )
    from_station: str | None = described(
        "From station",
        "出发站",
        "Station of departure as printed, with 站.",
        "出发站站名，按票面含“站”字。",
        concept="ticket.from_station",
    )
    to_station: str | None = described(
        "To station",
        "到达站",
        "Station of arrival as printed, with 站.",
        "到达站站名，按票面含“站”字。",
        concept="ticket.to_station",
    )
    train_number: str | None = described(
        "Train number", "车次", "Such as G605.", "例如 G605。", concept="ticket.train_number"
    )
    departure_datetime: str | None = described(
        "Departure",
        "开车时间",
        "Date and time of departure, ISO 8601 to the minute.",
        "开车日期和时间，ISO 8601，精确到分钟。",
        concept="ticket.departure",
        pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$",
    )
    car: str | None = described(
        "Car", "车厢", "Number of the car, without 车.", "车厢号，不含“车”字。", concept="ticket.car"
    )
    seat: str | None = described(
        "Seat", "座位号", "Seat or berth, without 号.", "座位号或铺位，不含“号”字。", concept="ticket.seat"
    )
    seat_class: str | None = described(
        "Seat class", "席别", "Such as 二等座.", "例如 二等座。", concept="ticket.seat_class"
    )
    price: float | None = described("Price", "票价", "The fare.", "票面金额。", concept="ticket.price", ge=0)
    currency: str | None = described(
        "Currency", "币种", "ISO 4217 code.", "ISO 4217 货币代码。", concept="currency"
    )
    passenger_name: str | None = described(
        "Passenger", "旅客姓名", "Name as printed.", "票面上的旅客姓名。", concept="ticket.passenger"
    )
    id_number: str | None = described(
        "Identity number",
        "身份证号",
        "Masked exactly as printed.",
        "按票面脱敏形式，保留星号。",
        concept="ticket.id_number",
    )
    check_in_gate: str | None = described(
        "Check-in gate",
        "检票口",
        "Gate as printed after 检票.",
        "“检票”后面的检票口。",
        concept="ticket.gate",
    )
    sold_at: str | None = described(
        "Sold at",
        "售票站",
        "Place of sale at the foot, with 售.",
        "底部的售票地点，含“售”字。",
        concept="ticket.sold_at",
    )
    bottom_code: str | None = described(
        "Bottom code",
        "底部编码",
        "The long code at the foot, ending in the ticket number.",
        "底部长编码，末尾为票号。",
        concept="ticket.bottom_code",
    )
