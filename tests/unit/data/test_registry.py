import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from redrawn.data import registry

CONTENT = bytes(range(256)) * 400
HASH = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(scope="module")
def server():
    """A server on loopback that sends the content whole, cut short, broken off, or replaced."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            sent = {
                "/whole": CONTENT, "/short": CONTENT[:-1], "/other": CONTENT[::-1],
                "/broken": CONTENT[: len(CONTENT) // 2],
            }.get(self.path)  # fmt: skip
            if sent is None:
                self.send_error(404)
                return
            self.send_response(200)
            promised = CONTENT if self.path == "/broken" else sent
            self.send_header("Content-Length", str(len(promised)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture
def dataset(server, tmp_path, monkeypatch):
    """A function from what the server shall send to a dataset, and an empty cache."""
    monkeypatch.setenv("REDRAWN_DATA", str(tmp_path / "cache"))

    def make(sent: str) -> registry.Dataset:
        return registry.Dataset(
            id="bytes", title="Bytes", url=f"{server}/{sent}", path="some/bytes.bin", sha256=HASH,
            bytes=len(CONTENT), licence="CC0", source="here", citation="us",
        )  # fmt: skip

    return make


def test_a_download_is_kept_and_checked(dataset):
    file = registry.fetch(dataset("whole"))
    assert file == registry.cache() / "some" / "bytes.bin" and file.read_bytes() == CONTENT
    # what is here and right is not asked for again
    assert registry.fetch(dataset("missing")) == file


@pytest.mark.parametrize(
    ("sent", "said"),
    [("short", "SHA-256 differs"), ("other", "SHA-256 differs"), ("broken", "could not be had"),
     ("missing", "could not be had")],
)  # fmt: skip
def test_a_bad_download_is_refused_named_and_leaves_nothing(dataset, sent, said):
    with pytest.raises(registry.DataError, match=f"^bytes: .*{said}"):
        registry.fetch(dataset(sent))
    assert [path for path in registry.cache().rglob("*") if path.is_file()] == []
    with pytest.raises(registry.DataError, match="`redrawn data fetch bytes` gets it"):
        registry.verify(dataset(sent))
    assert registry.fetch(dataset("whole")).read_bytes() == CONTENT


def test_a_spoilt_file_is_refused_and_fetched_again_on_request(dataset):
    file = registry.fetch(dataset("whole"))
    file.write_bytes(b"spoilt")
    with pytest.raises(registry.DataError, match=r"has SHA-256 .* expected"):
        registry.verify(dataset("whole"))
    with pytest.raises(registry.DataError):
        registry.fetch(dataset("broken"))
    assert file.read_bytes() == b"spoilt", "a download that fails leaves what was there"
    assert registry.fetch(dataset("whole")).read_bytes() == CONTENT


def test_what_comes_with_the_book_is_no_download():
    with pytest.raises(registry.DataError, match="bunny is no download; restore it with git"):
        registry.fetch(registry.get("bunny"))
    with pytest.raises(registry.DataError, match="camera is no download; restore it with pip"):
        registry.fetch(registry.get("camera"))


def test_an_unknown_dataset_lists_the_known_ones():
    with pytest.raises(registry.DataError, match=r"no 'rabbit'; it has .*bunny"):
        registry.path_of("rabbit")


def test_every_dataset_of_the_book_is_what_its_checksum_says():
    found = [d for d in registry.load().values() if not d.url]
    assert len(found) >= 9
    for dataset in found:
        assert registry.verify(dataset).stat().st_size == dataset.bytes
