#!/usr/bin/env bash
# mkvmerge 74.0.0 (mkvtoolnix 74.0.0-1+deb12u1, by apt-get download; needs Debian 12 with its lists of packages), PyAV 18.1.0
# (libavformat 62), exiftool 13.59 (npm: exiftool-vendored.pl 13.59.3; needs node's npm, and perl)
#
# Guess: a phone's film that mkvmerge puts into Matroska, without touching its frames, is the same film: taken on the same
# day, upright, with its title and place.
# Seen: the date of the Matroska file (DateUTC) is the time of the remux, whatever date the MP4 or MKV had that it was made
# of, and libav reports it as `creation_time`, exiftool as DateTimeOriginal. Of an MP4 the turn is lost, too, so that a film
# taken upright lies on its side, and so are title and place. Nothing is said. libav's own remux keeps all four.
# So: DateTimeOriginal of a Matroska file is no date of taking where its WritingApp is mkvmerge, and such a copy cannot be
# matched with its original by date, shape or title.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check av==18.1.0 numpy==2.4.6
npm install --silent --no-audit --no-fund --prefix "$work/npm" exiftool-vendored.pl@13.59.3 >"$work/npm.log"
mkdir "$work/debs"
# What it links, in whichever version Debian 12 has of it
(
  cd "$work/debs"
  apt-get download -qq -o APT::Sandbox::User=root mkvtoolnix=74.0.0-1+deb12u1 libboost-filesystem1.74.0 \
    libdouble-conversion3 libdvdread8 libebml5 libflac12 libfmt9 libglib2.0-0 libgmp10 libicu72 libmatroska7 libogg0 \
    libpcre2-16-0 libpcre2-8-0 libpugixml1v5 libqt5core5a libvorbis0a libzstd1
  for package in *.deb; do dpkg-deb --extract "$package" ../root; done
)
mkvmerge() {
  LC_ALL=C.UTF-8 LD_LIBRARY_PATH=$(echo "$work"/root/usr/lib/*-linux-gnu) "$work/root/usr/bin/mkvmerge" --quiet "$@"
}
exiftool() { perl "$work/npm/node_modules/exiftool-vendored.pl/bin/exiftool" -quiet "$@"; }

cd "$work"
cat >film.py <<'PYTHON'
import sys

import av
import numpy as np

TAKEN, TITLE, PLACE = "2019-07-04T12:00:00Z", "Waves", "+48.8584+002.2945/"


def write(path):
    with av.open(path, "w") as film:
        track = film.add_stream("mpeg4", rate=10)
        track.width, track.height, track.pix_fmt = 96, 64, "yuv420p"
        film.metadata.update({"creation_time": TAKEN, "title": TITLE, "location": PLACE})
        for packet in (*track.encode(av.VideoFrame.from_ndarray(np.zeros((64, 96, 3), np.uint8))), *track.encode()):
            film.mux(packet)


def remux(source, path):
    with av.open(source) as old, av.open(path, "w") as new:
        track = new.add_stream_from_template(old.streams.video[0])
        new.metadata.update(old.metadata)
        for packet in old.demux(video=0):
            if packet.dts is not None:
                packet.stream = track
                new.mux(packet)


def show(path):
    with av.open(path) as film:
        texts = {name.lower(): text for name, text in film.metadata.items()}
        turn = abs(next(film.decode(video=0)).rotation)
        taken = texts["creation_time"][:10]
        print(f"{path}: {taken}, turned by {turn}, title {texts.get('title')}, place {texts.get('location')}")


{"write": write, "remux": remux, "show": show}[sys.argv[1]](*sys.argv[2:])
PYTHON
film() { venv/bin/python film.py "$@"; }

film write phone.mp4
exiftool -overwrite_original -Rotation=90 phone.mp4
before=$(date --utc +%F)
film remux phone.mp4 libav.mkv
mkvmerge --output mkvmerge.mkv phone.mp4
mkvmerge --output again.mkv libav.mkv
after=$(date --utc +%F)

{
  for name in phone.mp4 libav.mkv mkvmerge.mkv again.mkv; do film show $name; done
  exiftool -s2 -d %F -DateTimeOriginal libav.mkv mkvmerge.mkv again.mkv
} | sed "s/$before\|$after/the day of the remux/" >seen

cat seen
diff - seen <<'SEEN'
phone.mp4: 2019-07-04, turned by 90, title Waves, place +48.8584+002.2945/
libav.mkv: 2019-07-04, turned by 90, title Waves, place +48.8584+002.2945/
mkvmerge.mkv: the day of the remux, turned by 0, title None, place None
again.mkv: the day of the remux, turned by 90, title Waves, place +48.8584+002.2945/
DateTimeOriginal: 2019-07-04
DateTimeOriginal: the day of the remux
DateTimeOriginal: the day of the remux
SEEN
