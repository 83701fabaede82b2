#!/usr/bin/env bash
# reverse_geocoder 1.5.1 (offline, GeoNames' places of 1,000 and more), with SciPy 1.17.1 and NumPy 2.4.6
#
# Guess: the place it gives for a photo's coordinates is the nearest of its list, as its description says, or nearly so.
# Seen: it is the nearest in degrees, where a degree east is as far as a degree north and 179.9 and -179.9 lie 360 apart. On
# Taveuni in Fiji, which the 180th meridian crosses, a photo from its east is in Wallis and Futuna, 341 km away, with Fiji's
# Lambasa at 79 km. In the far north it looks too far north and south: Kebnekaise, Sweden's highest mountain, is given to a
# Norwegian place at 107 km, with Kiruna at 72 km. Photos a few steps apart come to lie in two countries.
# So: nearest has to be measured on the sphere (three coordinates in the same tree will do), or countries are wrong.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check reverse_geocoder==1.5.1 scipy==1.17.1 numpy==2.4.6

cd "$work"
venv/bin/python - >seen <<'PYTHON'
import csv
from math import asin, cos, radians, sin, sqrt
from pathlib import Path

import reverse_geocoder

EARTH = 6371  # Radius in km
SPOTS = {
    "Paris": (48.8584, 2.2945),
    "Taveuni, west": (-16.80, 179.99),
    "Taveuni, east": (-16.80, -179.99),
    "Kebnekaise": (67.90, 18.52),
}
LIST = Path(reverse_geocoder.__file__).with_name("rg_cities1000.csv")
places = list(csv.DictReader(LIST.open(encoding="utf-8")))


def away(place, spot):
    """Kilometres between them, on the sphere."""
    north, east, spot_north, spot_east = map(radians, (float(place["lat"]), float(place["lon"]), *spot))
    turn = sin((east - spot_east) / 2) ** 2 * cos(north) * cos(spot_north)
    return 2 * EARTH * asin(sqrt(sin((north - spot_north) / 2) ** 2 + turn))


def told(place, spot):
    return f"{place['name']}, {place['cc']}, {away(place, spot):.0f} km"


for name, spot in SPOTS.items():
    (given,) = reverse_geocoder.search([spot], mode=1, verbose=False)
    nearest = min(places, key=lambda place: away(place, spot))
    print(f"{name}: {told(given, spot)}; nearest: {told(nearest, spot)}")
PYTHON

cat seen
diff - seen <<'SEEN'
Paris: Vanves, FR, 4 km; nearest: Neuilly-sur-Seine, FR, 3 km
Taveuni, west: Lambasa, FJ, 77 km; nearest: Lambasa, FJ, 77 km
Taveuni, east: Sigave, WF, 341 km; nearest: Lambasa, FJ, 79 km
Kebnekaise: Setermoen, NO, 107 km; nearest: Kiruna, SE, 72 km
SEEN
