"""How a broker behind mqtts:// is known for what it says it is, and how we are known to it."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from lilong_tools.broker.errors import BrokerError

FORM = "mqtts://[user:password@]host[:port][?ca=FILE][&cert=FILE&key=FILE]"


@dataclass(frozen=True)
class Tls:
    """Files in PEM. ca: who must have signed the broker's certificate, None for those that this machine trusts.

    certificate, key: our own, for a broker that asks for one.
    """

    ca: str | None = None
    certificate: str | None = None
    key: str | None = None

    @classmethod
    def parse(cls, query: str) -> Tls:
        """From the query of a broker's URL."""
        try:
            given = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
        except ValueError:
            raise BrokerError(f"broker URL: ?{query} cannot be read; write {FORM}") from None
        values = dict(given)
        unknown = sorted(values.keys() - {"ca", "cert", "key"})
        if unknown or len(values) != len(given) or "" in values.values():
            raise BrokerError(f"broker URL: ?{query} has unknown, empty or repeated parts; write {FORM}")
        if ("cert" in values) != ("key" in values):
            raise BrokerError(f"broker URL: ?{query}: cert and key go together; write {FORM}")
        return cls(values.get("ca"), values.get("cert"), values.get("key"))

    def query(self) -> str:
        """For a broker's URL."""
        named = {"ca": self.ca, "cert": self.certificate, "key": self.key}
        given = {name: value for name, value in named.items() if value is not None}
        return f"?{urlencode(given, safe='/')}" if given else ""

    def context(self) -> ssl.SSLContext:
        """TLS 1.2 at least; the name or address of the broker must stand in its certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            if self.ca is None:
                context.load_default_certs()
            else:
                context.load_verify_locations(self.ca)
        except OSError as error:
            raise BrokerError(f"?ca={self.ca}: {_why(error)}; give the broker's CA certificate as PEM") from None
        if self.certificate is not None:
            try:
                context.load_cert_chain(self.certificate, self.key, password="")  # nobody is there to be asked
            except OSError as error:
                raise BrokerError(
                    f"?cert={self.certificate}&key={self.key}: {_why(error)}; give a certificate and its key as PEM"
                ) from None
        return context


def _why(error: OSError) -> str:
    return "no certificate or key in it" if isinstance(error, ssl.SSLError) else str(error.strerror or error)
