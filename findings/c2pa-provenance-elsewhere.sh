#!/usr/bin/env bash
# c2pa-python 0.38.1 (c2pa-rs 0.91.3), Pillow 13.0.0
#
# Guess: to ask whether a picture on the disk is signed is to read that picture. One without a manifest raises
# ManifestNotFound, with a network or without.
# Seen: where the XMP of a picture names an address as its dcterms:provenance, as the standard allows, the reader asks that
# server as soon as it is made. If it does not answer with a manifest, the error is C2paError.Remote, of the network. Only
# with the setting verify.remote_manifest_fetch false is nothing asked; the error is of the same kind then, and names the
# address.
# So: a scan of a folder tells strangers what is looked at and when, and "is it signed?" has a third answer: said to be,
# elsewhere.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check c2pa-python==0.38.1 pillow==13.0.0

"$work/venv/bin/python" - >"$work/seen" <<'PYTHON'
import io
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import c2pa
from PIL import Image

asked = []


class Elsewhere(BaseHTTPRequestHandler):
    def do_GET(self):
        asked.append(self.path)
        self.send_error(404)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Elsewhere)
threading.Thread(target=server.serve_forever, daemon=True).start()


def picture(provenance):
    xmp = f"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
    <rdf:Description rdf:about="" xmlns:dcterms="http://purl.org/dc/terms/" {provenance}/></rdf:RDF></x:xmpmeta>"""
    content = io.BytesIO()
    Image.new("RGB", (16, 16)).save(content, "JPEG", xmp=xmp.encode())
    content.seek(0)
    return content


def look(label, provenance, **how):
    asked.clear()
    try:
        c2pa.Reader("image/jpeg", picture(provenance), **how).close()
        said = "read"
    except c2pa.C2paError as error:
        said = type(error).__name__ + ": " + str(error).replace(str(server.server_port), "PORT")
    print(f"{label}: {said}; asked {asked}")


there = f'dcterms:provenance="http://127.0.0.1:{server.server_port}/a.c2pa"'
look("no provenance", "")
look("provenance", there)
settings = c2pa.Settings.from_dict({"verify": {"remote_manifest_fetch": False}})
look("provenance, not to be fetched", there, context=c2pa.Context(settings))
PYTHON

cat "$work/seen"
diff - "$work/seen" <<'SEEN'
no provenance: _C2paManifestNotFound: ManifestNotFound: no JUMBF data found; asked []
provenance: C2paError: Remote: could not fetch the remote manifest fetch failed: code: 404, status: 404; asked ['/a.c2pa']
provenance, not to be fetched: C2paError: Remote: must fetch remote manifests from url http://127.0.0.1:PORT/a.c2pa; asked []
SEEN
