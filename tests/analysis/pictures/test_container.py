"""What libav may not do with a video: fetch, follow, decode sound, write to the terminal, take all the memory."""

import errno
import io
import os
import socket
import subprocess
import sys
from dataclasses import replace

import pytest

from app.analysis.pictures import container
from app.analysis.pictures.container import Film, explain_unavailable
from app.analysis.pictures.frames import sample_pictures
from app.formats import FORMAT_OF_NAME
from tests.analysis.pictures.films import av, boxed, cause, flag, made
from tests.support.server import PROJECT


@pytest.fixture
def refused(monkeypatch):
    """What libav asked for beside the stream that it was given."""
    asked = []
    refuse = container._refuse
    monkeypatch.setattr(container, "_refuse", lambda url, *rest: asked.append(url) or refuse(url, *rest))
    return asked


@pytest.mark.parametrize("format_", ["mp4", "mov", "m4v", "webm", "mkv", "avi"])
@pytest.mark.parametrize(
    "playlist",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{url}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile '{url}'\n",
        "<?xml version='1.0'?><MPD><BaseURL>{url}</BaseURL></MPD>",
    ],
)
def test_a_playlist_that_is_named_like_a_video_fetches_nothing(playlist, format_, refused):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/segment.ts"
        assert cause(playlist.format(url=url).encode(), format_) == "damaged_video"
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert refused == []


def test_libav_refuses_every_protocol_even_where_a_playlist_is_recognised(monkeypatch, refused):
    led_astray = replace(FORMAT_OF_NAME["mp4"], demuxer="hls")
    monkeypatch.setattr(container, "FORMAT_OF_NAME", {"mp4": led_astray})
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/segment.ts"
        playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{url}\n#EXT-X-ENDLIST\n"
        assert cause(playlist.encode()) == "damaged_video"
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert refused == [url]


def with_alias(content, target):
    """The QuickTime file with its data said to be in the file `target`: a Macintosh alias instead of "in this file"."""
    alias = b"alis" + bytes(4) + bytes(10) + bytes(28) + bytes(12) + b"\1a" + bytes(62) + bytes(16) + bytes(4)
    alias += bytes(16) + (2).to_bytes(2, "big") + len(target).to_bytes(2, "big") + target + b"\xff\xff" + bytes(2)
    alias = (len(alias) + 4).to_bytes(4, "big") + alias
    way = boxed(content, b"moov", b"trak", b"mdia", b"minf", b"dinf", b"dref")
    content, end = bytearray(content), way[-1] + int.from_bytes(content[way[-1] : way[-1] + 4], "big")
    grown = len(alias) - (end - way[-1] - 16)
    content[way[-1] + 16 : end] = alias
    for at in way:
        content[at : at + 4] = (int.from_bytes(content[at : at + 4], "big") + grown).to_bytes(4, "big")
    return bytes(content)


def test_a_reference_to_another_file_is_not_followed(tmp_path, refused):
    other = tmp_path / "other.mov"
    other.write_bytes(made("mov"))
    content = with_alias(made("mov"), os.fsencode(other) + b"/" * (len(str(other)) % 2))
    asked = []

    def opening(url, *_):
        asked.append(url)
        raise OSError(errno.ENOENT, "not here")

    follow = {"enable_drefs": "1", "use_absolute_path": "1"}
    with pytest.raises(OSError, match="not here"):  # it is such a reference: whoever asks for it is led there
        av.open(io.BytesIO(content), "r", format="mov", container_options=follow, io_open=opening)
    assert any(str(other) in url for url in asked)
    assert cause(content, "mov") == "damaged_video"
    assert refused == []


def test_only_decoders_of_pictures_are_ever_started():
    names = container._DECODERS.split(",")
    assert len(names) == len(set(names))
    assert {av.Codec(name, "r").type for name in names} == {"video"}


def test_the_stream_stays_open_and_nothing_is_written_to_the_terminal(capfd):
    stream = io.BytesIO(made())
    sample_pictures(Film(stream, "mp4"), 2)
    assert not stream.closed
    moov = stream.getvalue().index(b"moov")
    for content in (stream.getvalue()[:moov], stream.getvalue()[:48] + bytes(5000)):
        assert cause(content) == "damaged_video"
    assert capfd.readouterr() == ("", "")


def test_a_video_of_4k_is_looked_into_within_the_memory_of_a_worker(tmp_path):
    path = tmp_path / "4k.mp4"
    path.write_bytes(made(shown=[flag((3840, 2160))] * 6, gop=1000, b_frames=2, preset="ultrafast", refs="4"))
    program = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_AS, (1536 << 20, 1536 << 20));"
        "from app.analysis import analyzer; from app.analysis.pictures import container, frames;"
        "print([picture.size for picture in frames.sample_pictures(container.Film(open(sys.argv[1], 'rb'), 'mp4'), 3)])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, path], cwd=PROJECT, capture_output=True, text=True, check=True, timeout=60
    )
    assert ran.stdout.strip() == str([(1138, 640)] * 3)


def test_without_pyav_it_says_what_to_do(monkeypatch):
    assert explain_unavailable() is None
    monkeypatch.setattr(container, "find_spec", lambda name: None)
    assert "pip install 'media-ingest[video]'" in explain_unavailable()


def test_pyav_is_not_loaded_before_the_first_video():
    program = (
        "import sys; import app.analysis.analyzer; from app.analysis.pictures import container;"
        "container.explain_unavailable(); print('av' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"
