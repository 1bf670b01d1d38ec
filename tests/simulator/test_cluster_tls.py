"""A cluster by tls://: the job with the estates' keys goes to its workers encrypted, and to none but them."""

import asyncio
import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from backends import KEY
from board_case import in_loop
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from lilong_simulator.load.errors import RunError
from lilong_simulator.load.places import places_of
from lilong_simulator.load.result import merge
from lilong_simulator.load.scenario import Copies, Scenario
from lilong_simulator.load.shards.cluster import Cluster
from lilong_simulator.load.shards.cluster_tls import ClusterTls, connection
from lilong_simulator.load.shards.conductor import Conductor
from lilong_simulator.load.shards.job import Job, Order
from lilong_tools.broker.embedded import EmbeddedBroker
from lilong_tools.load.shard import COMMAND, packed
from lilong_tools.load.target import Access

FILE = str(Path(__file__).with_name("small_estate.toml"))
SCENARIO = Scenario((Copies(FILE),), start=datetime(2026, 3, 4, 12), duration_s=1.0, ramp_s=0.1, accept="puback")
PLACES = places_of(SCENARIO)


def cluster_files(folder):
    """One certificate, signed by its own key, for scheduler, nodes and clients."""
    folder.mkdir(exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "cluster")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
        .public_bytes(Encoding.PEM)
    )
    key_file = folder / "key.pem"
    key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    for name in ("ca.pem", "cert.pem"):
        (folder / name).write_bytes(certificate)
    return ClusterTls(folder / "ca.pem", folder / "cert.pem", key_file)


def test_workers_of_a_cluster_by_tls_are_told_their_job_encrypted(tmp_path):
    engine = pytest.importorskip("distributed", reason="Dask distributed is the extra cluster")
    tls = cluster_files(tmp_path)
    security = engine.Security(
        tls_ca_file=str(tls.ca), require_encryption=True,
        **{f"tls_{who}_{what}": str(getattr(tls, what)) for who in ("scheduler", "worker", "client")
           for what in ("cert", "key")},
    )  # fmt: skip
    seen = []

    class Watched(Conductor):
        async def _came(self, reader, writer):
            seen.append(writer.get_extra_info("cipher"))
            await super()._came(reader, writer)

    async def played(address):
        async with EmbeddedBroker() as broker, Cluster(address, COMMAND, tls) as cluster, asyncio.timeout(60):
            access = packed(f"mqtt://127.0.0.1:{broker.port}", Access())
            job = Job(SCENARIO, {PLACES[0].tenant: KEY}, access, boot=7, settle_s=0.1)
            run = Watched(job, PLACES, 2, cluster, lambda text: None, cluster.host, tls=tls)
            return await run.conduct()

    with engine.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=True, host="tls://127.0.0.1", security=security,
        dashboard_address="127.0.0.1:0", silence_logs=50,
    ) as there:  # fmt: skip
        assert there.scheduler_address.startswith("tls://")
        conducted = asyncio.run(played(there.scheduler_address))
    assert len(seen) == 2
    assert all(cipher is not None for cipher in seen)
    assert len(merge(conducted.results).recorder.linked) == len(PLACES[0].devices)


@in_loop
async def test_a_worker_speaks_to_no_conductor_but_the_one_that_its_order_names(tmp_path):
    tls, stranger = cluster_files(tmp_path / "ours"), cluster_files(tmp_path / "theirs")

    async def came(_, writer):
        writer.close()

    async with await asyncio.start_server(came, "127.0.0.1", 0, ssl=stranger.server()) as server:
        port = server.sockets[0].getsockname()[1]
        order = Order("127.0.0.1", port, "", 0, 1, tls.pin)
        with pytest.raises(OSError, match="its certificate is not that of the conductor"):
            await connection(order)
        _, writer = await connection(replace(order, pin=stranger.pin))
        writer.close()
    async with await asyncio.start_server(came, "127.0.0.1", 0) as plain:
        with pytest.raises((OSError, ssl.SSLError)):
            await connection(replace(order, port=plain.sockets[0].getsockname()[1]))


def test_files_of_a_cluster_that_are_none_are_told(tmp_path):
    tls = cluster_files(tmp_path)
    with pytest.raises(RunError, match=r"--cluster-ca .*: No such file or directory; give the CA"):
        replace(tls, ca=tmp_path / "gone").server()
    with pytest.raises(RunError, match=r"--cluster-cert .*, --cluster-key .*: .*; give a certificate of the cluster"):
        replace(tls, key=cluster_files(tmp_path / "other").key).server()
