"""The checked-in interface documents are what the code says."""

from pathlib import Path

import pytest

from deploy.cli.documents import DOCUMENTS, FOLDER, written


@pytest.mark.parametrize("name", list(DOCUMENTS))
def test_a_document_is_as_checked_in(name: str) -> None:
    checked_in = Path(FOLDER / name).read_text(encoding="utf-8")
    assert checked_in == written(name), "run: python -m deploy.cli.documents"
