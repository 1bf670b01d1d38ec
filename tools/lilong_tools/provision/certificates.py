"""A client certificate of a device's own, signed by the authority of the broker's folder; DER, as mbedTLS reads it."""

from collections.abc import Mapping
from datetime import UTC, datetime

from lilong_protocol.pc.private_file import PrivateFileError

from ..broker_config import BrokerConfigError
from .broker_folder import BrokerFolder
from .contents import CERTIFICATE, KEY
from .errors import ProvisionError


class Signer:
    """Signs for devices. `now`: in UTC."""

    def __init__(self, broker: BrokerFolder, tenant: str, now: datetime) -> None:
        from ..broker_config.certificates import Authority, Signed  # noqa: PLC0415  it needs an extra

        try:
            self._authority = Authority(f"Lilong {tenant}", now, Signed(broker.ca_pem, broker.authority_key()))
        except (BrokerConfigError, PrivateFileError) as error:
            raise ProvisionError(f"--client-certificates: {error}") from None
        self._now = now

    def client(self, device: str, there: Mapping[str, bytes]) -> tuple[bytes, bytes]:
        """Certificate and key of a device: those in its folder while they are good, else new ones."""
        from cryptography import x509  # noqa: PLC0415
        from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
            Encoding,
            NoEncryption,
            PrivateFormat,
            load_pem_private_key,
        )

        kept = (there.get(CERTIFICATE, b""), there.get(KEY, b""))
        if self._good(device, *kept):
            return kept
        signed = self._authority.client(device)
        certificate = x509.load_pem_x509_certificate(signed.certificate.encode())
        key = load_pem_private_key(signed.key.encode(), None)
        private = key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        return certificate.public_bytes(Encoding.DER), private

    def _good(self, device: str, certificate: bytes, key: bytes) -> bool:
        """Signed by this authority for this device and this key, and not at its end."""
        from cryptography import x509  # noqa: PLC0415
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
        from cryptography.hazmat.primitives.serialization import load_der_private_key  # noqa: PLC0415

        try:
            found = x509.load_der_x509_certificate(certificate)
            found.verify_directly_issued_by(x509.load_pem_x509_certificate(self._authority.signed.certificate.encode()))
            if load_der_private_key(key, None).public_key() != found.public_key():
                return False
        except (ValueError, TypeError, InvalidSignature):
            return False
        names = found.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        return [name.value for name in names] == [device] and found.not_valid_after_utc > self._now.astimezone(UTC)
