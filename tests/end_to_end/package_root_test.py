#!/usr/bin/env python3
"""The Debian package in a bare Debian: it is installed with what it depends on, and the tour of the README is run.

    tests/end_to_end/package_root_test.py     as root

Skipped without a package (config/package builds it), without mmdebstrap, and where no archive of Debian is reached.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(os.environ.get("PROCPOOL_SOURCE_DIR") or Path(__file__).resolve().parents[2])
sys.path.insert(0, str(ROOT / "tests/support"))

from package import call, package, skip  # noqa: E402

PATIENCE = 1500  # [s]
# What the tour uses beside the package: its compiler, its JSON, `rev`.
TOUR = ("bsdextrautils", "g++", "jq")
NEEDED = ("README.md", "common/native", "tests/end_to_end/readme_test.py")

INSTALL = 'chroot "$1" apt-get install -y --no-install-recommends /root/procpool.deb'
RUN = ('chroot "$1" env PROCPOOL_SOURCE_DIR=/root/sources PROCPOOL_BIN_DIR=/usr/bin '
       'python3 /root/sources/tests/end_to_end/readme_test.py')
PURGE = 'chroot "$1" dpkg --purge procpool && test ! -e "$1/etc/procpool" && test ! -e "$1/usr/libexec/procpool"'


def suite():
    for line in Path("/etc/os-release").read_text().splitlines():
        if line.startswith("VERSION_CODENAME="):
            return line.split("=", 1)[1].strip('"')
    return skip("this is no Debian")


def sources():
    """Those of this machine."""
    places = [Path("/etc/apt/sources.list.d/debian.sources"), Path("/etc/apt/sources.list")]
    return [str(place) for place in places if place.exists() and place.stat().st_size > 0][:1]


def main():
    deb = package()
    if os.getuid() != 0:
        skip("only root makes a root")
    if not shutil.which("mmdebstrap"):
        skip("mmdebstrap is not installed")
    if call("apt-get", "update").returncode != 0:
        skip("no archive of Debian is reached")
    with tempfile.TemporaryDirectory(prefix="procpool-root-") as directory:
        tree = Path(directory) / "sources"
        for name in NEEDED:
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, tree / name)
        shutil.copy(deb, Path(directory) / "procpool.deb")
        done = subprocess.run(
            ["mmdebstrap", "--mode=root", "--format=null", "--variant=minbase", "--include=" + ",".join(TOUR),
             f"--customize-hook=copy-in {directory}/procpool.deb {tree} /root", f"--customize-hook={INSTALL}",
             f"--customize-hook={RUN}", f"--customize-hook={PURGE}", suite(), "-", *sources()],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
            timeout=PATIENCE, env={"PATH": os.environ["PATH"], "TMPDIR": directory, "LC_ALL": "C.UTF-8",
                                   "DEBIAN_FRONTEND": "noninteractive",
                                   **{name: os.environ[name] for name in os.environ if name.endswith("_proxy")}})
    print("\n".join(done.stdout.splitlines()[-60:]))
    return 0 if done.returncode == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
