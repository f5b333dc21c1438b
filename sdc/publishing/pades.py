"""Can the PDF documents themselves say who issued them, for readers who only have the PDF?

Optional (extra ``sign``): a PAdES certification that allows no changes, made with a PKCS#12 key whose
certificate the city has bought. Such a document holds the time of signing, so it is not reproducible;
a release with certified documents is published again under the next serial only.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from sdc.errors import InputError
from sdc.messages import Text
from sdc.secretfile import read_secret

FIELD = "Release"


def certifier(key: Path | str, passphrase: str) -> Callable[[bytes], bytes]:
    """A function that certifies one PDF with the PKCS#12 key; give it to ``publish``.

    Raises InputError where the extra is not installed, or where the key cannot be opened or can be
    read by others.
    """
    try:
        signers = import_module("pyhanko.sign.signers")
        fields = import_module("pyhanko.sign.fields")
        writer = import_module("pyhanko.pdf_utils.incremental_writer")
    except ImportError as error:
        raise InputError(
            Text("certifying PDFs needs the extra: pip install 'sdc-smallarea[sign]'"),
            code="extra",
        ) from error
    data = read_secret(key, Text("the PDF key"), code="pdf-key", links=True)
    try:
        load = signers.SimpleSigner.load_pkcs12_data
        signer = load(data, other_certs=[], passphrase=passphrase.encode())
    except ValueError as error:
        raise _refused(Text("the PDF key does not open (wrong passphrase?)")) from error

    def certify(document: bytes) -> bytes:
        meta = signers.PdfSignatureMetadata(
            field_name=FIELD,
            md_algorithm="sha256",
            subfilter=fields.SigSeedSubFilter.PADES,
            certify=True,
            docmdp_permissions=fields.MDPPerm.NO_CHANGES,
        )
        open_document = writer.IncrementalPdfFileWriter(io.BytesIO(document))
        return bytes(signers.sign_pdf(open_document, meta, signer=signer).getvalue())

    return certify


def _refused(text: Text) -> InputError:
    return InputError(text, code="pdf-key")
