"""Several Optimove instances side by side: profiles, and where each setting came from."""

from __future__ import annotations

from pathlib import Path

import pytest

from optimove_sdk import AsyncOptimove, ConfigurationError, Optimove, RateLimit, Timeouts
from support.recording import Recording, answer

FILE = """
[brand-uk]
base_url = "https://api4.optimove.test"
api_key = "uk-s3cret"
tenant_id = 44
timeouts = { read = 7 }
rate_limit = { requests = 25, seconds = 5 }

[brand-de]
base_url = "https://api5.optimove.test"
username = "de"
password = "de-s3cret"
rate_limit = false
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "profiles.toml"
    path.write_text(FILE)
    monkeypatch.setenv("OPTIMOVE_PROFILE_FILE", str(path))
    return path


def test_clients_of_several_profiles_live_side_by_side(file: Path) -> None:
    transport = Recording([answer([])])
    uk = Optimove.from_profile("brand-uk", transport=transport)
    de = Optimove.from_profile("brand-de", transport=Recording([answer("token"), answer([])]))
    uk.promotions.list()
    de.promotions.list()
    assert transport.requests[0].url.startswith("https://api4.optimove.test/")
    assert transport.header("X-API-KEY") == "uk-s3cret"
    assert uk.config.timeouts == Timeouts(read=7)
    assert uk.config.rate_limit == RateLimit(25, 5)
    assert de.config.rate_limit is None
    assert uk._session.hosts["api"].gate is not de._session.hosts["api"].gate


def test_the_async_client_reads_profiles_too(file: Path) -> None:
    assert AsyncOptimove.from_profile("brand-de", path=file, transport=Recording()).config.username == "de"


def test_a_profile_wins_over_the_environment_and_an_argument_over_both(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPTIMOVE_API_KEY", "another tenant's")
    monkeypatch.setenv("OPTIMOVE_EVENTS_URL", "https://e.optimove.test")
    client = Optimove.from_profile("brand-uk", api_key="mine", transport=Recording())
    assert client.config.api_key is not None
    assert client.config.api_key.reveal() == "mine"
    assert client.config.events_url == "https://e.optimove.test"
    de = Optimove.from_profile("brand-de", transport=Recording())
    assert de.config.api_key is None


def test_explain_says_where_each_value_came_from_and_shows_no_secret(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPTIMOVE_EVENTS_URL", "https://e.optimove.test")
    text = Optimove.from_profile("brand-uk", max_connections=3, transport=Recording()).config.explain()
    assert "base_url = 'https://api4.optimove.test'  (profile brand-uk)" in text
    assert "api_key = Secret('***')  (profile brand-uk)" in text
    assert "events_url = 'https://e.optimove.test'  (environment OPTIMOVE_EVENTS_URL)" in text
    assert "max_connections = 3  (argument)" in text
    assert "path_style = 'current'  (default)" in text
    assert "s3cret" not in text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[brand-uk]\nbase_urk = 'x'", "profile brand-uk: there is no setting 'base_urk'"),
        ("[brand-uk]\nretry = { tries = 3 }", "retry must be a table of RetryPolicy's fields"),
        ("[other]\n", r"no profile 'brand-uk' .* it has \['other'\]"),
        ("[brand-uk", "cannot be read"),
        ("[brand-uk]\nbase_url = 'https://a.example'", "no credentials"),
    ],
)
def test_a_profile_that_is_wrong_is_refused(file: Path, content: str, message: str) -> None:
    file.write_text(content)
    with pytest.raises(ConfigurationError, match=message):
        Optimove.from_profile("brand-uk", transport=Recording())


def test_a_missing_file_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPTIMOVE_PROFILE_FILE", raising=False)
    with pytest.raises(ConfigurationError, match="set OPTIMOVE_PROFILE_FILE"):
        Optimove.from_profile("brand-uk")
    with pytest.raises(ConfigurationError, match=r"nowhere\.toml"):
        Optimove.from_profile("brand-uk", path="nowhere.toml")


def test_an_unknown_argument_is_a_type_error(file: Path) -> None:
    with pytest.raises(TypeError, match="api_kee"):
        Optimove.from_profile("brand-uk", api_kee="x")
