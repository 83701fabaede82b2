"""What would be gone with a folder, whatever other name leads there."""

from collections.abc import Sequence

import pytest

from app.compare.extent import Extent, Mounts, Spot

HOST = b"""\
21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 21 8:17 / /media/card rw shared:2 - vfat /dev/sdb1 rw
31 21 8:17 /DCIM /srv/photos rw shared:2 - vfat /dev/sdb1 rw
32 21 8:1 /home/ann/pictures /srv/with\\040space rw - ext4 /dev/sda1 rw
33 21 8:33 / /srv/covered rw - ext4 /dev/sdc1 rw
34 33 8:49 / /srv/covered rw - ext4 /dev/sdd1 rw
35 21 8:1 /home/ann/one.jpg /srv/one.jpg rw - ext4 /dev/sda1 rw
"""


@pytest.mark.parametrize(
    ("path", "spot"),
    [
        (b"/home/ann/a.jpg", Spot(b"8:1", b"/home/ann/a.jpg")),
        (b"/media/card/DCIM/a.jpg", Spot(b"8:17", b"/DCIM/a.jpg")),
        (b"/media/cards/a.jpg", Spot(b"8:1", b"/media/cards/a.jpg")),
        (b"/srv/photos/a.jpg", Spot(b"8:17", b"/DCIM/a.jpg")),
        (b"/srv/photos", Spot(b"8:17", b"/DCIM")),
        (b"/srv/with space/a.jpg", Spot(b"8:1", b"/home/ann/pictures/a.jpg")),
        (b"/srv/covered/a.jpg", Spot(b"8:49", b"/a.jpg")),
        (b"/srv/one.jpg", Spot(b"8:1", b"/home/ann/one.jpg")),
        (b"/", Spot(b"8:1", b"/")),
    ],
)
def test_a_path_is_in_one_spot_of_its_file_system_whichever_mount_leads_there(path, spot):
    assert Mounts.parse(HOST).spot(path) == spot


def test_where_no_mounts_are_known_only_paths_and_inodes_count():
    assert Mounts().spot(b"/a.jpg") is None
    extent = extent_of(b"/media/card", [(1, 10), (1, 3)], Mounts())
    assert extent.why(b"/srv/photos/a.jpg", (1, 7)) is None
    assert "hard link" in str(extent.why(b"/srv/photos/a.jpg", (1, 3)))
    assert extent.why(b"/srv/photos/a.jpg", (2, 3)) is None


@pytest.mark.parametrize(
    ("folder", "path", "why"),
    [
        (b"/media/card", b"/media/card/DCIM/a.jpg", "inside the folder itself"),
        (b"/media/card", b"/media/cards/a.jpg", None),
        (b"/media/card", b"/srv/photos/a.jpg", "another mount"),
        (b"/media/card/DCIM", b"/srv/photos/a.jpg", "another mount"),
        (b"/media/card/DCIM/1", b"/srv/photos/1/a.jpg", "another mount"),
        (b"/media/card/DCIM/1", b"/srv/photos/2/a.jpg", None),
        (b"/srv/photos", b"/media/card/DCIM/a.jpg", "another mount"),
        (b"/srv/photos", b"/media/card/other/a.jpg", None),
        (b"/home/ann", b"/srv/with space/a.jpg", "another mount"),
        (b"/home/ann", b"/srv/one.jpg", "another mount"),
        (b"/media", b"/srv/photos/a.jpg", "another mount"),  # what is mounted below goes with it
        (b"/", b"/srv/photos/a.jpg", "inside the folder itself"),
    ],
)
def test_a_file_is_gone_with_the_folder_by_whichever_mount_it_is_inside(folder, path, why):
    told = extent_of(folder, [], Mounts.parse(HOST)).why(path, (9, 9))
    assert why in str(told) if why else told is None


def extent_of(folder: bytes, inodes: Sequence[tuple[int, int]], mounts: Mounts) -> Extent:
    extent = Extent(folder, mounts)
    for inode in inodes:
        extent.add(inode, 1)
    extent.close()
    return extent
