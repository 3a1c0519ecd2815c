from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archiver.errors import SettingsError
from snapshots.settings import Settings, read_settings, write_settings

TEXTS = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=40)


@given(TEXTS, TEXTS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_settings_written_read_back_whatever_they_say(
    tmp_path: Path, name: str, notice: str
) -> None:
    said = Settings(name=name, institution='The "National" Archives\\', notice=notice)
    write_settings(tmp_path / "marsham.toml", said)
    assert read_settings(tmp_path / "marsham.toml") == said


def test_a_text_of_two_lines_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="notice must be one line"):
        write_settings(tmp_path / "marsham.toml", Settings(notice="one\ntwo"))
    assert not (tmp_path / "marsham.toml").exists()


def test_what_the_file_leaves_out_keeps_its_default(tmp_path: Path) -> None:
    (tmp_path / "marsham.toml").write_text('name = "Crime pages"\n')
    assert read_settings(tmp_path / "marsham.toml") == Settings(name="Crime pages")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('instituton = "TNA"', "unknown setting 'instituton'; did you mean 'institution'"),
        ('Name = "x"', "unknown setting 'Name'; did you mean 'name'"),
        ("[zzz]\n", "unknown setting 'zzz'; there are name, institution"),
        ("name = 5", "name must be text in quotes, not 5"),
        ("name = ", "not readable as TOML"),
        ('name = "a"\nname = "b"', "not readable as TOML"),
        ("name = '\udcff'", "not readable as TOML"),  # Latin-1 in a file that must be UTF-8
    ],
)
def test_what_is_not_understood_is_told_with_the_nearest_setting(
    tmp_path: Path, text: str, message: str
) -> None:
    path = tmp_path / "marsham.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(SettingsError, match=message) as caught:
        read_settings(path)
    assert caught.value.path == str(path)


def test_an_algorithm_that_is_not_known_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "marsham.toml").write_text('payload_digest = "md5"\n')
    with pytest.raises(SettingsError, match="payload_digest must be one of sha1, sha256"):
        read_settings(tmp_path / "marsham.toml")
