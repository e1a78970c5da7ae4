"""Makes ML-DSA-*.pem and ML-DSA-*.ca.pem, which OpenSSL 3.0 cannot (`pip install cryptography`, 50 or later)."""

import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, mldsa

NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a.example.com")])
NAMES = x509.SubjectAlternativeName([x509.DNSName("a.example.com")])
NOW = datetime.datetime.now(datetime.timezone.utc)
PEM = serialization.Encoding.PEM


def certificate(public_key, signer, *, ca):
    """A certificate of 20 years."""
    builder = x509.CertificateBuilder(NAME, NAME, public_key, x509.random_serial_number())
    builder = builder.not_valid_before(NOW).not_valid_after(NOW + datetime.timedelta(days=7300))
    builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    if not ca:
        builder = builder.add_extension(NAMES, critical=False)
    return builder.sign(signer, None).public_bytes(PEM)


for size in (44, 65, 87):
    key = getattr(mldsa, f"MLDSA{size}PrivateKey").generate()
    private = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    own = certificate(key.public_key(), key, ca=False)
    Path(f"ML-DSA-{size}.pem").write_bytes(own + private)
    signed = certificate(ec.generate_private_key(ec.SECP256R1()).public_key(), key, ca=False)
    Path(f"ML-DSA-{size}.ca.pem").write_bytes(certificate(key.public_key(), key, ca=True) + signed)
