"""An authority of our own and the certificates that a client must refuse."""

from __future__ import annotations

import ssl
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

PEM = serialization.Encoding.PEM
DAY = timedelta(days=1)


def make_contexts(folder: Path) -> dict[str, ssl.SSLContext]:
    """Server contexts by case; `ca.pem` in the folder is what the client trusts."""
    ca_key = ec.generate_private_key(ec.SECP256R1())
    (folder / "ca.pem").write_bytes(sign("Hill CA", ca_key, "Hill CA", ca_key))
    key = ec.generate_private_key(ec.SECP256R1())
    certificates = {
        "tls_ok": sign("tls_ok.example", key, "Hill CA", ca_key),
        "tls_old": sign("tls_old.example", key, "Hill CA", ca_key),
        "tls_name": sign("another.example", key, "Hill CA", ca_key),
        "tls_self": sign("tls_self.example", key, "tls_self.example", key),
        "tls_expired": sign("tls_expired.example", key, "Hill CA", ca_key, -DAY),
    }
    private = key.private_bytes(
        PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    contexts = {}
    for name, certificate in certificates.items():
        path = folder / f"{name}.pem"
        path.write_bytes(certificate + private)
        contexts[name] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        contexts[name].load_cert_chain(path)
    make_old(contexts["tls_old"])
    return contexts


def make_old(context: ssl.SSLContext) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1


def sign(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    until: timedelta = DAY,
) -> bytes:
    """A certificate for a host, or for an authority where it has no dot."""
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.DNSName(name.replace(" ", "-"))])
    is_ca = "." not in name
    return (
        x509.CertificateBuilder()
        .subject_name(name_of(name))
        .issuer_name(name_of(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 3 * DAY)
        .not_valid_after(now + until)
        .add_extension(x509.BasicConstraints(is_ca, None), critical=True)
        .add_extension(names, critical=False)
        .sign(issuer_key, hashes.SHA256())
        .public_bytes(PEM)
    )


def name_of(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])
