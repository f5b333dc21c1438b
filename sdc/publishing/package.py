"""How does a release become a folder that is either complete and verifying, or not there at all?

The package is built in a hidden sibling of its final place, checked there by a stranger, sealed,
and renamed. The internal folder comes first, then the caller's ledger entry, then the rename; a
crash between any two of them leaves no partial release.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sdc import __version__
from sdc.errors import InputError, PackageError, disk_error
from sdc.messages import Text
from sdc.model.release import Release
from sdc.publishing import files
from sdc.publishing import manifest as bag
from sdc.publishing.archive import archive_stage, zip_package
from sdc.publishing.datapackage import ckan, datapackage
from sdc.publishing.gate import admit, payload
from sdc.publishing.licence import licence_file
from sdc.publishing.readme import readme

BESIDE = (".internal", ".zip", ".tsr")
"""Endings of what may lie beside a package: the internal folder, the archive, the timestamp."""


class Signer(Protocol):
    """Whoever can sign the package: a name, a public line for readers, a signature over bytes."""

    @property
    def principal(self) -> str:
        """The name under which readers know the key."""

    def allowed_signers(self) -> bytes:
        """The line a reader needs: principal, namespace, public key."""

    def sign(self, message: bytes) -> bytes:
        """An armoured SSHSIG over the message."""


@dataclass(frozen=True)
class Written:
    """Where the package lies, whether it was there already, and the digest that names its bytes."""

    path: Path
    unchanged: bool
    digest: str


def write_package(
    release: Release,
    out_dir: Path | str,
    *,
    internal: Mapping[str, bytes] | None = None,
    stage_check: Callable[[Path], None] | None = None,
    signer: Signer | None = None,
) -> Path:
    """Write the release package ``<out_dir>/<id>/`` and return its path; see ``publish``."""
    done = publish(release, out_dir, internal=internal, stage_check=stage_check, signer=signer)
    return done.path


def publish(
    release: Release,
    out_dir: Path | str,
    *,
    internal: Mapping[str, bytes] | None = None,
    stage_check: Callable[[Path], None] | None = None,
    signer: Signer | None = None,
    certify: Callable[[bytes], bytes] | None = None,
    on_sealed: Callable[[str], None] | None = None,
    archive: bool = False,
) -> Written:
    """Write, check, sign and commit a package.

    ``internal`` goes to ``<id>.internal/`` (0700). ``stage_check`` gets the folder of the
    finished stage and raises to refuse it. ``certify`` signs each table document (see
    ``pades``). ``on_sealed`` gets the package's digest after the internal folder stands and
    before the package appears: the place for the ledger's *pending* row. ``archive`` packs the
    finished package into ``<id>.zip`` beside it.

    The same id and serial with the same bytes is ``unchanged``. A higher serial moves the older
    package, with what lies beside it, to ``<id>.v<serial>``. Raises InputError for other bytes
    under the same serial or a lower one, SdcError for a second run at the same time or a disk that
    refuses; a failure leaves nothing.
    """
    admit(release)
    place = _Place(Path(out_dir), release.info.id)
    try:
        place.root.mkdir(parents=True, exist_ok=True)
        with files.exclusive(place.lock):
            place.sweep()
            try:
                digest = _build(release, place.stage, signer, certify)
                if stage_check is not None:
                    stage_check(place.stage)
                unchanged = place.holds_same(release.info.serial)
                if not unchanged:
                    place.commit_internal(internal or {})
                    if on_sealed is not None:
                        on_sealed(digest)
                    files.seal(place.stage)
                    place.move(place.stage, place.final)
                if archive:
                    zip_package(place.final)
            except BaseException:
                place.undo()
                raise
            finally:
                place.sweep()
    except OSError as error:
        raise disk_error(error) from error
    return Written(place.final, unchanged, digest)


def _certified(
    contents: Iterable[tuple[str, bytes]], certify: Callable[[bytes], bytes] | None
) -> Iterator[tuple[str, bytes]]:
    """The payload, its table documents certified where that is asked for."""
    for path, data in contents:
        document = path.startswith("data/docs/")
        yield path, certify(data) if certify is not None and document else data


def _build(
    release: Release,
    stage: Path,
    signer: Signer | None,
    certify: Callable[[bytes], bytes] | None,
) -> str:
    """Write all files of the package into the stage; the digest of the tag manifest."""
    files.make_folder(stage)
    sums, sizes = _write_all(stage, _certified(payload(release), certify))
    principal = signer.principal if signer is not None else ""
    tags: dict[str, bytes] = {
        bag.BAGIT: bag.BAGIT_TEXT,
        bag.BAG_INFO: bag.bag_info(release.info, sizes.values(), version=__version__),
        bag.MANIFEST: bag.manifest(sums),
        "README.ja.md": readme(release, language=0, principal=principal),
        "README.md": readme(release, language=1, principal=principal),
        "LICENSE": licence_file(release.info),
        "datapackage.json": datapackage(release, sizes, sums),
        "ckan.json": ckan(release, sizes),
    }
    if signer is not None:
        tags[bag.SIGNERS] = signer.allowed_signers()
    tag_sums, _ = _write_all(stage, sorted(tags.items()))
    top = bag.manifest(tag_sums)
    last = [(bag.TAG_MANIFEST, top)]
    if signer is not None:
        last.append((bag.SIGNATURE, signer.sign(top)))
    _write_all(stage, last)
    return bag.sha256(top)


def _write_all(
    stage: Path, contents: Iterable[tuple[str, bytes]]
) -> tuple[dict[str, str], dict[str, int]]:
    """Write files below the stage; sums and sizes by path."""
    sums: dict[str, str] = {}
    sizes: dict[str, int] = {}
    folded: set[str] = set()
    for path, data in contents:
        if path.casefold() in folded:
            raise PackageError(Text("two files are called {path}", path=path))
        folded.add(path.casefold())
        target = stage / path
        for folder in reversed(target.relative_to(stage).parents[:-1]):
            if not (stage / folder).is_dir():
                files.make_folder(stage / folder)
        files.write_file(target, data, mode=files.FILE_MODE)
        sums[path], sizes[path] = bag.sha256(data), len(data)
    return sums, sizes


class _Place:
    """The paths of one package, and the only moves that are made between them."""

    def __init__(self, root: Path, name: str) -> None:
        self.root = root
        self.final = root / name
        self.internal = root / f"{name}.internal"
        self.stage = root / f".{name}.stage"
        self.internal_stage = root / f".{name}.internal.stage"
        self.lock = root / f".{name}.lock"
        self._moved: list[tuple[Path, Path]] = []

    def sweep(self) -> None:
        """Remove what this run, or one that was killed, has left in the hidden siblings."""
        files.remove_tree(self.stage)
        files.remove_tree(self.internal_stage)
        files.remove_tree(archive_stage(self.final))

    def undo(self) -> None:
        """Put everything back as it was before a package that did not come into being."""
        for source, target in reversed(self._moved):
            if os.path.lexists(target) and not os.path.lexists(source):
                files.move(target, source)

    def move(self, source: Path, target: Path) -> None:
        """Rename, and remember it first: a rename may happen and its flush still fail."""
        self._moved.append((source, target))
        files.move(source, target)

    def holds_same(self, serial: int) -> bool:
        """Whether the same package lies there; moves an older serial out of the way."""
        if not os.path.lexists(self.final):
            return False
        old = self._serial()
        if old == serial and files.tree(self.final) == files.tree(self.stage):
            return True
        if old >= serial:
            raise InputError(
                Text(
                    "{name!r} serial {old} exists with other bytes; raise the serial",
                    name=self.final.name,
                    old=old,
                ),
                code="serial",
            )
        # The internal folder first: should we be killed in between, the next run still finds the
        # older package and moves it after the rest, and nothing is taken for an orphan.
        for name in (*BESIDE, ""):
            path = self.root / f"{self.final.name}{name}"
            if os.path.lexists(path):
                self.move(path, self.root / f"{self.final.name}.v{old}{name}")
        return False

    def _serial(self) -> int:
        try:
            text = (self.final / bag.BAG_INFO).read_bytes()
            return int(bag.parse_bag_info(text)["Release-Serial"])
        except (OSError, KeyError, ValueError, PackageError) as error:
            raise InputError(
                Text("{name} exists and is not a package of ours", name=self.final.name),
                code="foreign",
            ) from error

    def commit_internal(self, contents: Mapping[str, bytes]) -> None:
        """Put the internal folder into its place, replacing one that no package belongs to."""
        files.make_folder(self.internal_stage)
        for path in sorted(contents):
            target = self.internal_stage / path
            if not target.resolve().is_relative_to(self.internal_stage.resolve()):
                raise PackageError(Text("internal path: {path}", path=path))
            for folder in reversed(target.relative_to(self.internal_stage).parents[:-1]):
                if not (self.internal_stage / folder).is_dir():
                    files.make_folder(self.internal_stage / folder)
            files.write_file(target, contents[path], mode=files.PRIVATE_FILE)
        files.remove_tree(self.internal)
        self.move(self.internal_stage, self.internal)
