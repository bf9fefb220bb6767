"""Makes the archives of this folder, and members.json: what Python's tarfile reads in them.

    python3 make.py

Needs GNU tar for the file with holes.
"""
import hashlib
import io
import json
import os
import subprocess
import tarfile
import tempfile

folder = os.path.dirname(os.path.abspath(__file__))
long = "/".join(["a-folder-with-quite-a-long-name-%d" % i for i in range(8)])
files = [
    ("a/0001.jpg", b"first picture"),
    ("a/0001.json", b"{}"),
    ("a/0001.cls", b"7"),
    ("a/0001.seg.png", b"s" * 512),
    ("./b/0002.JPEG", b"x" * 1025),
    ("b/._0002.jpg", b"what a Mac leaves"),
    ("b/\u00e9t\u00e9 10.webp", b"accents"),
    ("b/empty.png", b""),
    ("b/notes.txt", b"not a picture"),
]


def write(name, format, files):
    with tarfile.open(os.path.join(folder, name), "w", format=format) as archive:
        directory = tarfile.TarInfo("a")
        directory.type = tarfile.DIRTYPE
        archive.addfile(directory)
        for path, content in files:
            info = tarfile.TarInfo(path)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for path, kind in [("b/link.jpg", tarfile.SYMTYPE), ("b/hard.jpg", tarfile.LNKTYPE)]:
            link = tarfile.TarInfo(path)
            link.type, link.linkname = kind, "a/0001.jpg"
            archive.addfile(link)


write("ustar.tar", tarfile.USTAR_FORMAT, files + [(long[:150] + "/0003.jpg", b"prefix")])
write("pax.tar", tarfile.PAX_FORMAT, files + [(long + "/0003.jpg", b"extended")])
write("gnu.tar", tarfile.GNU_FORMAT, files + [(long + "/0003.jpg", b"long name")])
with tempfile.TemporaryDirectory() as place:
    with open(os.path.join(place, "holes.jpg"), "wb") as file:
        file.truncate(1 << 20)
        for place_in_file in range(0, 1 << 20, 1 << 17):
            file.seek(place_in_file + (1 << 16))
            file.write(b"between holes")
    with open(os.path.join(place, "next.jpg"), "wb") as file:
        file.write(b"behind the holes")
    for kind in ["gnu", "posix"]:
        subprocess.run(
            ["tar", "--sparse", "--format", kind, "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "-b", "1", "-cf",
             os.path.join(folder, "holes-%s.tar" % kind), "holes.jpg", "next.jpg"],
            cwd=place, check=True)

members = {}
for name in sorted(os.listdir(folder)):
    if name.endswith(".tar") and not name.startswith("holes"):
        with tarfile.open(os.path.join(folder, name)) as archive:
            members[name] = [
                [info.name, hashlib.sha256(archive.extractfile(info).read()).hexdigest()]
                for info in archive if info.isreg()
            ]
with open(os.path.join(folder, "members.json"), "w") as file:
    json.dump(members, file, indent=1, sort_keys=True)
    file.write("\n")
