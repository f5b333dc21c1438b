"""Where does the secret key of pseudonyms lie, and when is it refused?"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from sdc.config import Config
from sdc.errors import InputError
from sdc.messages import Text
from sdc.microdata.pseudonym import KEY_BYTES
from sdc.publishing import files
from sdc.secretfile import read_secret

NAME, CODE = Text("the key of pseudonyms"), "pseudonym-key"


def make_key(path: Path) -> Path:
    """Write a new random key (0600, hexadecimal); raises InputError where the file exists."""
    if os.path.lexists(path):
        raise InputError(Text("exists already: {name}", name=path.name), code="key")
    files.write_file(
        path, secrets.token_hex(KEY_BYTES).encode() + b"\n", mode=files.PRIVATE_FILE
    )  # fmt: skip
    return path


def read_key(config: Config, name: str) -> bytes:
    """The key that a configuration names.

    Raises InputError where it is a link, readable by others, too short, or lies beside the records
    or below the output folder: who gets the data must not get the key with them.
    """
    path = config.resolve(name)
    try:
        key = bytes.fromhex(read_secret(path, NAME, code=CODE).decode("ascii").strip())
    except ValueError as error:
        raise _refused(Text("{what} cannot be read", what=NAME)) from error
    if len(key) < KEY_BYTES:
        raise _refused(Text("the key has fewer than {KEY_BYTES} bytes", KEY_BYTES=KEY_BYTES))
    here = path.resolve().parent
    data = {config.resolve(r.path).resolve().parent for r in config.records.values() if r.path}
    if here in data or here.is_relative_to(config.output_dir.resolve()):
        raise _refused(
            Text("the key of pseudonyms lies beside the data; move it to a folder of its own"),
        )
    return key


def _refused(text: Text) -> InputError:
    return InputError(text, code=CODE)
