"""A demonstration archive for the tests of exports."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import marsham

EXAMPLE = Path(__file__).parent.parent.parent.parent / "examples/home-office"


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> Iterator[marsham.Archive]:
    """An archive of the example, extracted; tests only read it."""
    path = tmp_path_factory.mktemp("exported") / "archive"
    with marsham.create_archive(path) as archive:
        marsham.ingest(archive, [EXAMPLE / year for year in ("2009", "2011", "2013")])
        marsham.extract(archive)
        yield archive
