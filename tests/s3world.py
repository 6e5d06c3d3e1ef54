"""An object store on loopback: as much of S3 as DuckDB's `httpfs` speaks.

Objects lie in memory. Each request must be signed with the key id that is expected;
the signature itself is not computed again.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree
from xml.sax.saxutils import escape


@dataclass
class Store:
    """What lies in the store, by `/bucket/key`."""

    key_id: str
    address: str = ""
    objects: dict[str, bytes] = field(default_factory=dict)
    uploads: dict[str, dict[int, bytes]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=count)

    def copy(self, old: str, new: str) -> None:
        """Put what lies below a path below another, too."""
        self.objects |= {
            new + path.removeprefix(old): data
            for path, data in self.objects.items()
            if path.startswith(old)
        }


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    store: Store

    def do_HEAD(self) -> None:
        self._serve(self._get)

    def do_GET(self) -> None:
        self._serve(self._list if "list-type" in self._query else self._get)

    def do_PUT(self) -> None:
        self._serve(self._put)

    def do_POST(self) -> None:
        self._serve(self._post)

    def do_DELETE(self) -> None:
        self._serve(self._delete)

    def log_message(self, *_: object) -> None:
        pass

    @property
    def _path(self) -> str:
        return unquote(urlsplit(self.path).path)

    @property
    def _query(self) -> dict[str, str]:
        query = parse_qs(urlsplit(self.path).query, keep_blank_values=True)
        return {key: values[0] for key, values in query.items()}

    def _serve(self, answer) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if f"Credential={self.store.key_id}/" in self.headers.get("Authorization", ""):
            answer()
        else:
            self.store.refused.append(self.path)
            self._reply(403)

    def _reply(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _get(self) -> None:
        data = self.store.objects.get(self._path)
        if data is None:
            self._reply(404)
            return
        told = {
            "ETag": f'"{md5(data, usedforsecurity=False).hexdigest()}"',
            "Last_Modified": "Sun, 01 Mar 2026 12:00:00 GMT",
            "Accept_Ranges": "bytes",
        }
        wanted = self.headers.get("Range", "").removeprefix("bytes=")
        if not wanted:
            self._reply(200, data, **told)
            return
        first, last = wanted.split("-")
        start = int(first) if first else len(data) - int(last)
        end = min(int(last) if first and last else len(data) - 1, len(data) - 1)
        told["Content_Range"] = f"bytes {start}-{end}/{len(data)}"
        self._reply(206, data[start : end + 1], **told)

    def _list(self) -> None:
        bucket = self._path.rstrip("/") + "/"
        start = bucket + self._query.get("prefix", "")
        rows = "".join(
            f"<Contents><Key>{escape(path.removeprefix(bucket))}</Key>"
            f"<LastModified>2026-03-01T12:00:00.000Z</LastModified>"
            f"<Size>{len(data)}</Size></Contents>"
            for path, data in sorted(self.store.objects.items())
            if path.startswith(start)
        )
        self._reply(
            200,
            f"<ListBucketResult><IsTruncated>false</IsTruncated>{rows}"
            "</ListBucketResult>".encode(),
        )

    def _put(self) -> None:
        upload = self._query.get("uploadId")
        if upload:
            self.store.uploads[upload][int(self._query["partNumber"])] = self.body
        else:
            self.store.objects[self._path] = self.body
        self._reply(200, ETag='"x"')

    def _post(self) -> None:
        if "uploads" in self._query:
            upload = str(next(self.store.numbers))
            self.store.uploads[upload] = {}
            name = f"<UploadId>{upload}</UploadId>"
            body = (
                f"<InitiateMultipartUploadResult>{name}</InitiateMultipartUploadResult>"
            )
            self._reply(200, body.encode())
        elif "delete" in self._query:
            bucket = self._path.rstrip("/") + "/"
            for node in ElementTree.fromstring(self.body).iter():  # noqa: S314 ours
                if node.tag.endswith("Key"):
                    self.store.objects.pop(bucket + (node.text or ""), None)
            self._reply(200, b"<DeleteResult></DeleteResult>")
        else:
            parts = self.store.uploads.pop(self._query["uploadId"])
            self.store.objects[self._path] = b"".join(parts[n] for n in sorted(parts))
            self._reply(200, b"<CompleteMultipartUploadResult/>")

    def _delete(self) -> None:
        self.store.objects.pop(self._path, None)
        self._reply(204)


@contextmanager
def open_store(key_id: str) -> Iterator[Store]:
    """Serve an empty store; its `address` is HOST:PORT."""
    store = Store(key_id)
    handler = type("Handler", (_Handler,), {"store": store})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        store.address = f"127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield store
        server.shutdown()
