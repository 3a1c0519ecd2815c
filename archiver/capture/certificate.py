"""The certificate with which our own proxy speaks TLS to the browser behind it."""

import base64
import hashlib
import os
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

__all__ = ["ProxyCertificate"]

_DAYS = 30  # no run of a browser lasts longer


@dataclass(frozen=True, slots=True)
class ProxyCertificate:
    """A key and certificate made for one run, which never reach a disk.

    One certificate stands for every host, because the browser is told its key and asks nothing
    more of it. No other program trusts it.

    Attributes:
        context: speaks TLS with it, as a server.
        fingerprint: SHA-256 of its public key in base64, as Chromium's option
            ``--ignore-certificate-errors-spki-list`` takes it.
    """

    context: ssl.SSLContext
    fingerprint: str

    @classmethod
    def make(cls) -> "ProxyCertificate":
        """Make one; needs the package ``cryptography`` (ImportError without)."""
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.x509.oid import NameOID

        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "marsham capture")])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=_DAYS))
            .sign(key, hashes.SHA256())
        )
        public = key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        _load(context, private + certificate.public_bytes(serialization.Encoding.PEM))
        return cls(context, base64.b64encode(hashlib.sha256(public).digest()).decode())


def _load(context: ssl.SSLContext, pem: bytes) -> None:
    # OpenSSL reads keys from files only; this one is in memory and has no name.
    file = os.memfd_create("certificate")
    try:
        os.write(file, pem)
        context.load_cert_chain(f"/proc/self/fd/{file}")
    finally:
        os.close(file)
