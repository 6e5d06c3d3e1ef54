"""What fetching costs, beside aiohttp in the same run, against a loopback server.

Server and clients are processes of their own, so that the CPU seconds of a client are
its own. Ours runs as it does at night: robots.txt of every host, one connection a
host, addresses checked, deadlines set, bodies hashed. aiohttp only reads the pages.
Without aiohttp (it is in requirements-dev) the goals are printed alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import os
import resource
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
ENV = {**os.environ, "PYTHONPATH": str(ROOT / "include"), "PYTHONHASHSEED": "0"}
Figure = tuple[str, str, float, str, float]  # what, unit, ours, against, theirs

N_HOSTS = 100
PARAGRAPH = "<p>The harbour froze overnight, and the ferry stayed in port. "
PAGE = f"<html><body>{PARAGRAPH * (30_000 // len(PARAGRAPH))}</body></html>".encode()


def fetching() -> Iterator[Figure]:
    """CPU per page, share of the latency bound, and what a dead host costs."""
    with tempfile.TemporaryDirectory() as folder:
        make_certificate(Path(folder))
        with run_server(Path(folder)) as ports:
            yield from measure_cpu(Path(folder), ports)
            yield from measure_latency(Path(folder), ports)
            yield from measure_dead_host(Path(folder), ports)


def measure_cpu(folder: Path, ports: dict[str, int]) -> Iterator[Figure]:
    for what, n_hosts, n_pages, limit in (
        ("http", N_HOSTS, 40, None),
        ("https", 4 * N_HOSTS, 1, 1.5),
    ):
        job = {"scheme": what, "port": ports[what], "hosts": n_hosts, "pages": n_pages}
        ours, theirs = measure_both(folder, job)
        name = "fetch: a page" if what == "http" else "fetch: a new https host"
        yield f"{name}, all checks", "CPU ms", ours, "aiohttp", theirs
        if limit:
            yield f"{name}, all checks", "CPU ms", ours, "limit", limit


def measure_latency(folder: Path, ports: dict[str, int]) -> Iterator[Figure]:
    """One connection a host: the slowest host sets the bound."""
    n_pages = 20
    job = {"scheme": "http", "port": ports["slow"], "hosts": N_HOSTS, "pages": n_pages}
    job |= {"workers": 200}
    ours = run_client("nightdesk", folder, job)["wall_s"]
    bound = (n_pages + 1) * latency_s(N_HOSTS - 1)  # and its robots.txt
    theirs = 0.0
    if has_aiohttp():
        wall = run_client("aiohttp", folder, job)["wall_s"]
        theirs = n_pages * latency_s(N_HOSTS - 1) / wall
    yield "fetch: 100 hosts, 50-300 ms", "of bound", bound / ours, "goal", 0.88
    yield "fetch: 100 hosts, 50-300 ms", "of bound", bound / ours, "aiohttp", theirs


def measure_dead_host(folder: Path, ports: dict[str, int]) -> Iterator[Figure]:
    """The same run with and without a host that never answers, side by side."""
    job: dict[str, Any] = {"scheme": "http", "port": ports["http"], "hosts": N_HOSTS}
    job |= {"pages": 9, "gap_s": 2.0}
    clients = [
        start_client("nightdesk", folder, job | {"dead_port": dead})
        for dead in (None, ports["dead"])
    ]
    without, with_dead = (finish_client(client)["wall_s"] for client in clients)
    what = "fetch: a dead host among 100"
    yield what, "of the run", with_dead / without, "goal", 1.2


def latency_s(host: int) -> float:
    return 0.05 + 0.25 * (host % N_HOSTS) / (N_HOSTS - 1)


# -- the clients


def measure_both(folder: Path, job: dict[str, Any]) -> tuple[float, float]:
    """CPU milliseconds a page of both clients: the least of five runs in turn."""
    clients = ("nightdesk", "aiohttp") if has_aiohttp() else ("nightdesk",)
    least = dict.fromkeys(("nightdesk", "aiohttp"), 0.0)
    for _ in range(5):
        for client in clients:
            run = run_client(client, folder, job)
            cost = 1000 * run["cpu_s"] / run["pages"]
            least[client] = min(least[client] or cost, cost)
    return least["nightdesk"], least["aiohttp"]


def has_aiohttp() -> bool:
    return importlib.util.find_spec("aiohttp") is not None


def run_client(client: str, folder: Path, job: dict[str, Any]) -> dict[str, float]:
    return finish_client(start_client(client, folder, job))


def start_client(
    client: str, folder: Path, job: dict[str, Any]
) -> subprocess.Popen[str]:
    command = [sys.executable, __file__, client, str(folder), json.dumps(job)]
    return subprocess.Popen(command, env=ENV, stdout=subprocess.PIPE, text=True)


def finish_client(client: subprocess.Popen[str]) -> dict[str, float]:
    out, _ = client.communicate(timeout=120)
    if client.returncode:
        raise subprocess.CalledProcessError(client.returncode, client.args)
    result: dict[str, float] = json.loads(out)
    return result


def list_urls(job: dict[str, Any]) -> list[str]:
    """The pages of all hosts, host by host in turn."""
    return [
        f"{job['scheme']}://h{host}.example:{job['port']}/{page}.html"
        for page in range(job["pages"])
        for host in range(job["hosts"])
    ]


def address_of(name: str) -> str:
    """The loopback address of `h<n>.example`; a dead host has the last one."""
    return f"127.0.1.{int(name[1:].partition('.')[0]) % N_HOSTS + 1}"


def fetch_ours(folder: Path, job: dict[str, Any]) -> int:
    from nightdesk.fetch import Fetcher, Request

    urls = list_urls(job)
    if dead := job.get("dead_port"):
        urls = [
            url.replace(f"h0.example:{job['port']}", f"h0.example:{dead}")
            for url in urls
        ]
    options = {
        "user_agent": "nightdesk-bench/1.0 (+https://desk.example/)",
        "allowed_networks": ["127.0.1.0/24"],
        "resolver": lambda name: [address_of(name)],
        "workers": job.get("workers", 64),
        "hosts": job["hosts"],
        "gap_s": job.get("gap_s", 0.0),
        "ca_file": folder / "ca.pem",
    }
    with Fetcher(**options) as fetcher:
        answers = fetcher.fetch_all(Request(url, "page") for url in urls)
        n_ok = sum(done.body == PAGE for _, done in answers)
    wanted = len(urls) - (job["pages"] if dead else 0)
    if n_ok != wanted:
        raise SystemExit(f"nightdesk: {n_ok} of {wanted} pages")
    return n_ok


def fetch_theirs(folder: Path, job: dict[str, Any]) -> int:
    import aiohttp
    from aiohttp.abc import AbstractResolver

    class Resolver(AbstractResolver):
        async def resolve(self, host: str, port: int = 0, family: Any = 0) -> Any:
            entry = {"hostname": host, "host": address_of(host), "port": port}
            return [entry | {"family": socket.AF_INET, "proto": 0, "flags": 0}]

        async def close(self) -> None: ...

    async def fetch() -> int:
        context = ssl.create_default_context(cafile=str(folder / "ca.pem"))
        connector = aiohttp.TCPConnector(
            limit=200, limit_per_host=1, resolver=Resolver(), ssl=context
        )
        async with aiohttp.ClientSession(connector=connector) as session:

            async def read(url: str) -> bool:
                async with session.get(url) as response:
                    return await response.read() == PAGE

            return sum(await asyncio.gather(*map(read, list_urls(job))))

    n_ok = asyncio.run(fetch())
    if n_ok != len(list_urls(job)):
        raise SystemExit(f"aiohttp: {n_ok} pages")
    return n_ok


def report_client(client: str, folder: Path, job: dict[str, Any]) -> None:
    """Run a client twice and print what the second run took.

    The first one, of a page a host, pays for imports and lazy tables.
    """
    fetch = fetch_ours if client == "nightdesk" else fetch_theirs
    fetch(folder, job | {"hosts": 2, "pages": 1, "dead_port": None})
    before, began = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    pages = fetch(folder, job)
    after, wall_s = resource.getrusage(resource.RUSAGE_SELF), time.monotonic() - began
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"cpu_s": cpu_s, "wall_s": wall_s, "pages": pages}))


# -- the server


@contextlib.contextmanager
def run_server(folder: Path) -> Iterator[dict[str, int]]:
    command = [sys.executable, __file__, "serve", str(folder)]
    with subprocess.Popen(command, env=ENV, stdout=subprocess.PIPE, text=True) as it:
        try:
            assert it.stdout is not None
            yield json.loads(it.stdout.readline())
        finally:
            it.terminate()


async def serve(folder: Path) -> None:
    contexts = {}
    for path in folder.glob("h*.example.pem"):
        contexts[path.stem] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        contexts[path.stem].load_cert_chain(path)

    def choose(tls: ssl.SSLObject, name: str, context: ssl.SSLContext) -> None:
        tls.context = contexts[name]

    context = contexts["h0.example"]
    context.sni_callback = choose  # type: ignore[assignment]
    addresses = [f"127.0.1.{host + 1}" for host in range(N_HOSTS)]
    ports = {}
    for name in ("http", "https", "slow", "dead"):
        tls = context if name == "https" else None
        ports[name] = free_port()
        answer = Answerer(name)
        await asyncio.start_server(
            answer, addresses, ports[name], ssl=tls, backlog=1024
        )
    print(json.dumps(ports), flush=True)
    await asyncio.Event().wait()


class Answerer:
    """Answers every request with the page, and robots.txt with 404."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    async def __call__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                if self.kind == "dead":
                    await asyncio.sleep(300)
                if self.kind == "slow":
                    host = int(writer.get_extra_info("sockname")[0].split(".")[3]) - 1
                    await asyncio.sleep(latency_s(host))
                is_robots = head.startswith(b"GET /robots.txt ")
                writer.write(NO_ROBOTS if is_robots else ANSWER)
                await writer.drain()
        writer.close()


NO_ROBOTS = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"
    b'ETag: "a1b2"\r\nDate: Wed, 01 Jan 2031 00:00:00 GMT\r\nServer: bench\r\n'
    b"Cache-Control: max-age=60\r\nContent-Length: %d\r\n\r\n%b" % (len(PAGE), PAGE)
)


def free_port() -> int:
    with socket.create_server(("127.0.1.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def make_certificate(folder: Path) -> None:
    """Write an authority, and for each host a certificate that it signed."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    def sign(name: str, public: ec.EllipticCurvePublicKey, is_ca: bool) -> bytes:
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(authority)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(is_ca, None), critical=True)
            .add_extension(
                x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False
            )
        )
        return builder.sign(ca_key, hashes.SHA256()).public_bytes(pem)

    pem = serialization.Encoding.PEM
    now = datetime.now(UTC)
    ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    ca_name = "ca.example"
    authority = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, ca_name)])
    (folder / "ca.pem").write_bytes(sign(ca_name, ca_key.public_key(), is_ca=True))
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for host in range(4 * N_HOSTS):
        certificate = sign(f"h{host}.example", key.public_key(), is_ca=False)
        (folder / f"h{host}.example.pem").write_bytes(certificate + private)


if __name__ == "__main__":
    where = Path(sys.argv[2])
    if sys.argv[1] == "serve":
        asyncio.run(serve(where))
    else:
        report_client(sys.argv[1], where, json.loads(sys.argv[3]))
