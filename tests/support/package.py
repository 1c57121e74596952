"""The Debian package that config/package has built, for the tests of it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(os.environ.get("PROCPOOL_SOURCE_DIR") or Path(__file__).resolve().parents[2])


def skip(reason):
    print("skipped: " + reason)
    sys.exit(77)


def call(*words, patience=600, **how):
    return subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                          timeout=patience, **how)


def package():
    """$PROCPOOL_PACKAGE, or the newest one where config/package leaves it. Without one the test is skipped."""
    for tool in ("dpkg", "dpkg-deb"):
        if not shutil.which(tool):
            skip(f"{tool} is not installed")
    named = os.environ.get("PROCPOOL_PACKAGE")
    found = [Path(named)] if named else sorted((ROOT / "build/package").glob("*.deb"), key=lambda p: p.stat().st_mtime)
    if not found or not found[-1].exists():
        skip("there is no package: config/package builds it")
    return found[-1].resolve()


def next_version(directory):
    """The same package as a later version."""
    tree = Path(directory) / "tree"
    done = call("dpkg-deb", "-R", package(), tree)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    control = tree / "DEBIAN/control"
    lines = [line + "+next" if line.startswith("Version: ") else line for line in control.read_text().splitlines()]
    control.write_text("\n".join(lines) + "\n")
    later = Path(directory) / "procpool_next.deb"
    done = call("dpkg-deb", "--root-owner-group", "-Znone", "--build", tree, later)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return later
