"""TLS of a cluster: that of Dask between scheduler and nodes, and ours between a worker and its conductor.

Both go by the files with which the cluster was started. What a worker is told first, its order, comes over Dask's
connections; it names the conductor's certificate, and the worker speaks to no other. The worker is known by the word in
its order. So the job with the estates' keys crosses no network in the clear.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import RunError
from .job import Order


@dataclass(frozen=True)
class ClusterTls:
    """PEM files, as of `dask worker --tls-ca-file --tls-cert --tls-key`."""

    ca: Path
    cert: Path
    key: Path

    def security(self, engine: Any) -> Any:
        """For Dask's client; `engine`: the module distributed."""
        return engine.Security(
            tls_ca_file=str(self.ca), tls_client_cert=str(self.cert), tls_client_key=str(self.key),
            require_encryption=True,
        )  # fmt: skip

    def server(self) -> ssl.SSLContext:
        """For the conductor; RunError for files that are none."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            context.load_verify_locations(self.ca)
        except (OSError, ssl.SSLError) as error:
            raise RunError(f"--cluster-ca {self.ca}: {_why(error)}; give the CA of the cluster as PEM") from None
        try:
            context.load_cert_chain(self.cert, self.key)
        except (OSError, ssl.SSLError) as error:
            why = f"--cluster-cert {self.cert}, --cluster-key {self.key}: {_why(error)}"
            raise RunError(f"{why}; give a certificate of the cluster and its key as PEM") from None
        return context

    @property
    def pin(self) -> str:
        """By which a worker knows the conductor: the SHA-256 of its certificate, in hex."""
        first = self.cert.read_text("ascii").partition("-----BEGIN CERTIFICATE-----")
        body, end, _ = first[2].partition("-----END CERTIFICATE-----")
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(f"{first[1]}{body}{end}")).hexdigest()


async def connection(order: Order) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """To the conductor whom an order names; OSError when it cannot be had, or when it is another."""
    if not order.pin:
        return await asyncio.open_connection(order.host, order.port)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False  # known by its certificate alone
    context.verify_mode = ssl.CERT_NONE
    reader, writer = await asyncio.open_connection(order.host, order.port, ssl=context)
    certificate = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    if not hmac.compare_digest(hashlib.sha256(certificate).hexdigest(), order.pin):
        writer.transport.abort()
        raise OSError("its certificate is not that of the conductor")
    return reader, writer


def _why(error: OSError) -> str:
    reason = getattr(error, "reason", None) or error.strerror or str(error)
    return str(reason)
