import pytest

from app.library.alike.codes import CodeFile


@pytest.fixture
def codes(library, tmp_path):
    made = CodeFile(library._engines, tmp_path)
    yield made
    made.close()
