"""No log line holds a name, a number of a person, a token or what stood in a ledger."""

import json
import logging

import pytest
import structlog
from structlog.testing import capture_logs

from shared.links.countersigning import UpperStates
from shared.receiver.receiving import receive_head
from shared.sealing.origin import Origin
from shared.status import RoleStatus
from shared.telemetry.logs import configure_logs
from shared.telemetry.redaction import cleaned_text, redact


@pytest.mark.parametrize(
    "text",
    [
        "530103199001011234",
        "53010319900101123X",
        "530103900101123",
        "５３０１０３１９９００１０１１２３４",
        "13812345678",
        "+86 138-1234-5678",
        "0871-6312345",
        "张三",
        "白玛次仁·卓玛",
    ],
)
def test_personal_text_is_taken_out_wherever_it_stands(text: str) -> None:
    assert text not in cleaned_text(f"row has {text}, sorry")
    assert text not in json.dumps(redact(None, "info", {"event": "x", "list": [{"deep": text}]}), ensure_ascii=False)


@pytest.mark.parametrize("key", ["token", "operator_token", "Authorization".lower(), "name", "value", "cells"])
def test_whatever_stands_under_a_telling_key_is_taken_out(key: str) -> None:
    assert redact(None, "info", {"event": "x", key: "abc"})[key] == "[redacted]"


def test_reasons_of_people_are_taken_out_and_reasons_of_the_program_stay() -> None:
    assert redact(None, "info", {"event": "x", "reason": "on sick leave"})["reason"] == "[redacted]"
    assert redact(None, "info", {"event": "x", "reason": "not_signed"})["reason"] == "not_signed"


def test_passwords_and_tokens_inside_text_are_taken_out() -> None:
    assert cleaned_text("postgresql://app:s3cret@db/x") == "postgresql://app:[redacted]@db/x"
    assert cleaned_text("Authorization: Bearer abc.def") == "Authorization: Bearer [redacted]"
    assert cleaned_text("GET /open?ticket=Zm9v") == "GET /open?ticket=[redacted]"


def test_positions_hashes_and_ids_stay_readable() -> None:
    line = {"event": "sealed", "origin": "shi04/activities/log/1", "position": 1042, "root": "ab" * 32}
    assert redact(None, "info", dict(line)) == line


def test_a_traceback_is_cleaned_too(capsys: pytest.CaptureFixture[str]) -> None:
    handlers, level = logging.getLogger().handlers[:], logging.getLogger().level
    configure_logs("json", "info")
    try:
        try:
            raise ValueError("cannot read 张三 530103199001011234")
        except ValueError as error:
            structlog.get_logger().error("failed", exc_info=error)
            logging.getLogger("elsewhere").error("phone %s", "13812345678")
    finally:
        logging.getLogger().handlers[:], logging.getLogger().level = handlers, level
        structlog.reset_defaults()
    written = capsys.readouterr().err
    assert "ValueError" in written
    assert "张三" not in written
    assert "530103199001011234" not in written
    assert "13812345678" not in written


async def test_why_a_state_or_a_head_was_refused_is_said_in_the_log() -> None:
    states = UpperStates(None, "sheng9", RoleStatus("uplink"))  # type: ignore[arg-type] # it is not asked
    with capture_logs() as logs:
        await states.receive(b"{}", "")
        await receive_head(None, Origin("shi99", "members"), {}, b"{}")  # type: ignore[arg-type] # likewise
    said = [redact(None, "warning", event) for event in logs]
    wanted = "body: an object with exactly format, "
    assert [(one["event"], one["problem"].startswith(wanted)) for one in said] == [
        ("state_refused", True),
        ("head_refused", True),
    ]
