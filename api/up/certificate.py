"""A certificate by which the parts of one program know each other, and nobody else.

It is its own authority (X.509, RFC 5280; ECDSA with SHA-256 on P-256, RFC 5480 and 5758) and names no host:
who shows it has the file, which nobody else reads. It is valid whatever a clock says, for it is made anew
at every start.
"""

from __future__ import annotations

import secrets

from Crypto.Hash import SHA256
from Crypto.IO import PEM
from Crypto.PublicKey import ECC
from Crypto.Signature import DSS
from Crypto.Util.asn1 import (
    DerBitString,
    DerBoolean,
    DerInteger,
    DerObject,
    DerObjectId,
    DerOctetString,
    DerSequence,
    DerSetOf,
)

_ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2"
_COMMON_NAME = "2.5.4.3"
_BASIC_CONSTRAINTS = "2.5.29.19"
_UTF8_STRING = 0x0C
_UTC_TIME = 0x17
_GENERALIZED_TIME = 0x18
_ALWAYS = (DerObject(_UTC_TIME, b"700101000000Z"), DerObject(_GENERALIZED_TIME, b"99991231235959Z"))


def self_signed(name: str) -> tuple[str, str]:
    """A new certificate for a name, and its private key (PKCS #8), as PEM."""
    key = ECC.generate(curve="P-256")
    algorithm = DerSequence([DerObjectId(_ECDSA_WITH_SHA256)])
    body = _body(name, key.public_key().export_key(format="DER"), algorithm)
    signature = DSS.new(key, "deterministic-rfc6979", encoding="der").sign(SHA256.new(body))
    whole = DerSequence([body, algorithm, DerBitString(signature)]).encode()
    return PEM.encode(whole, "CERTIFICATE") + "\n", key.export_key(format="PEM") + "\n"


def _body(name: str, public_key: bytes, algorithm: DerSequence) -> bytes:
    called = DerSequence([DerObjectId(_COMMON_NAME), DerObject(_UTF8_STRING, name.encode())])
    subject = DerSequence([DerSetOf([called.encode()])])
    is_authority = DerSequence([DerBoolean(True)]).encode()  # noqa: FBT003 (a value of ASN.1)
    authority = DerSequence(
        [DerObjectId(_BASIC_CONSTRAINTS), DerBoolean(True), DerOctetString(is_authority)]  # noqa: FBT003
    )
    return DerSequence(
        [
            DerInteger(2, explicit=0),  # the third version
            DerInteger(secrets.randbits(63) + 1),
            algorithm,
            subject,
            DerSequence(list(_ALWAYS)),
            subject,
            public_key,
            DerSequence([authority], explicit=3),
        ]
    ).encode()
