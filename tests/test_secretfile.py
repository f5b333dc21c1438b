"""Secrets are read from plain files of their owner, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Thread

import pytest

from sdc.errors import InputError
from sdc.messages import Text
from sdc.secretfile import read_secret

pytestmark = pytest.mark.skipif(os.name != "posix", reason="rights of POSIX files")
KEY = Text("the signing key")


def secret(folder: Path, mode: int) -> Path:
    place = folder / "key"
    place.write_bytes(b"secret")
    place.chmod(mode)
    return place


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_the_owner_reads(tmp_path: Path, mode: int) -> None:
    assert read_secret(secret(tmp_path, mode), KEY, code="key") == b"secret"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o601])
def test_any_right_of_others_is_too_much(tmp_path: Path, mode: int) -> None:
    with pytest.raises(InputError, match="others can read the signing key") as refused:
        read_secret(secret(tmp_path, mode), KEY, code="key")
    assert refused.value.code == "key"
    assert "secret" not in str(refused.value)


def test_links_and_pipes_are_for_those_who_ask(tmp_path: Path) -> None:
    link, pipe = tmp_path / "link", tmp_path / "pipe"
    link.symlink_to(secret(tmp_path, 0o600))
    os.mkfifo(pipe, 0o600)
    for place in (link, pipe, tmp_path):
        with pytest.raises(InputError, match="not a plain file"):
            read_secret(place, KEY, code="key")
    assert read_secret(link, KEY, code="key", links=True) == b"secret"
    writer = Thread(target=pipe.write_bytes, args=(b"piped",))
    writer.start()
    assert read_secret(pipe, KEY, code="key", links=True) == b"piped"
    writer.join()


def test_what_is_not_there_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_secret(tmp_path / "none", KEY, code="key")
