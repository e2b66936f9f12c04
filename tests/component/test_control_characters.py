"""What no column of text can hold is refused where it comes in, by the name of its parameter."""

import pytest

from tests.component.court import Court
from tests.component.given import problem

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_file_name_with_control_characters_is_refused(court: Court) -> None:
    answer = await court.members.post("/imports?filename=a%00.xlsx", content=b"x")
    assert problem(answer) == (422, "invalid_fields", ["filename"])


async def test_so_is_the_name_of_a_file_in_a_form(court: Court) -> None:
    disposition = 'Content-Disposition: form-data; name="file"; filename="a\0.xlsx"'
    content = f"--x\r\n{disposition}\r\n\r\nx\r\n--x--\r\n".encode()
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = await court.members.post("/imports", content=content, headers=headers)
    assert problem(answer)[0] in (400, 422)


async def test_a_campaign_with_control_characters_is_refused(court: Court) -> None:
    answer = await court.reporting.get("/activities?period=2024&campaign=%00")
    assert problem(answer) == (422, "invalid_fields", ["campaign"])
