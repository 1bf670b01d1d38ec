"""A certificate authority of the estate's own, and what it signs: the broker, and the backends that may connect.

Needs the package `cryptography`, an extra: only `write_folder` imports this module.
"""

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from .errors import BrokerConfigError

CA_DAYS = 7_300  # it stands in every device in the field
DAYS = 825  # the broker and the backends: `lilong broker-config` is run again before
EARLIER = timedelta(days=1)  # for clocks that are a little behind


@dataclass(frozen=True)
class Signed:
    """A certificate and its private key, PEM."""

    certificate: str
    key: str


class Authority:
    """Signs with EC P-256. `now` has a time zone; `saved` is the authority of an earlier run, else it is a new one."""

    def __init__(self, name: str, now: datetime, saved: Signed | None = None) -> None:
        self._now = now
        if saved is None:
            key = generate_private_key(SECP256R1())
            builder = self._builder(_name(name), _name(name), key, CA_DAYS)
            builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            builder = builder.add_extension(_usage(signs_certificates=True), critical=True)
            builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            saved = _pem(builder.sign(key, SHA256()), key)
        self.signed = saved
        self._certificate, self._key = _parse(saved)

    def server(self, hosts: list[str]) -> Signed:
        """For a broker that devices reach under any of these names and addresses."""
        names = x509.SubjectAlternativeName([_general_name(host) for host in hosts])
        return self._sign(hosts[0], ExtendedKeyUsageOID.SERVER_AUTH, names)

    def client(self, name: str) -> Signed:
        """For a backend."""
        return self._sign(name, ExtendedKeyUsageOID.CLIENT_AUTH, None)

    def _sign(self, name: str, purpose: x509.ObjectIdentifier, names: x509.SubjectAlternativeName | None) -> Signed:
        key = generate_private_key(SECP256R1())
        builder = self._builder(_name(name), self._certificate.subject, key, DAYS)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_usage(), critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        builder = builder.add_extension(issuer, critical=False)
        if names is not None:
            builder = builder.add_extension(names, critical=False)
        return _pem(builder.sign(self._key, SHA256()), key)

    def _builder(
        self, subject: x509.Name, issuer: x509.Name, key: EllipticCurvePrivateKey, days: int
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._now - EARLIER)
            .not_valid_after(self._now + timedelta(days=days))
        )


def _usage(signs_certificates: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates, key_cert_sign=signs_certificates, crl_sign=signs_certificates,
        content_commitment=False, key_encipherment=False, data_encipherment=False, key_agreement=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _parse(signed: Signed) -> tuple[x509.Certificate, EllipticCurvePrivateKey]:
    try:
        certificate = x509.load_pem_x509_certificate(signed.certificate.encode())
        key = load_pem_private_key(signed.key.encode(), None)
    except (ValueError, TypeError):
        raise BrokerConfigError("ca.crt or ca.key cannot be read; remove both for a new authority") from None
    if not isinstance(key, EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        raise BrokerConfigError("ca.key is not the key of ca.crt; remove both for a new authority")
    return certificate, key


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common[:64])])  # RFC 5280: at most 64


def _pem(certificate: x509.Certificate, key: EllipticCurvePrivateKey) -> Signed:
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Signed(certificate.public_bytes(Encoding.PEM).decode(), private.decode())
