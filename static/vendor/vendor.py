"""Check or fetch the vendored files beside this script; README.md says when to use which option."""

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
MANIFEST = HERE / "manifest.json"
# The maps are not vendored, and a hashed static storage fails on a reference to a missing file.
SOURCE_MAP = re.compile(rb"\n?(?:/\*# sourceMappingURL=[^*]*\*/|//# sourceMappingURL=\S*)\n?")


def fetch(package: dict[str, str]) -> bytes:
    """Return the package's file without its source map comment; `npm` verifies the tarball."""
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("npm is not on the PATH; only the check works without it.")
    with tempfile.TemporaryDirectory() as folder:
        wanted = f"{package['name']}@{package['version']}"
        # The only argument that varies comes from the manifest beside this file.
        subprocess.run([npm, "pack", "--silent", wanted], cwd=folder, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
        (tarball,) = Path(folder).glob("*.tgz")
        with tarfile.open(tarball) as archive:
            member = archive.extractfile(package["member"])
            if member is None:
                sys.exit(f"{wanted}: {package['member']} is no file.")
            return SOURCE_MAP.sub(b"", member.read())


def main() -> int:
    """Return 0 when every file matches the manifest (or was written), 1 otherwise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fetch", action="store_true", help="fetch the files before the check")
    parser.add_argument("--update", action="store_true", help="fetch, and write the hashes to the manifest")
    options = parser.parse_args()
    manifest = json.loads(MANIFEST.read_text(encoding="utf-8"))
    wrong = 0
    for package in manifest["packages"]:
        path = HERE / package["file"]
        if options.fetch or options.update:
            path.write_bytes(fetch(package))
        digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else "missing"
        if options.update:
            package["sha256"] = digest
        verdict = "as in the manifest" if digest == package["sha256"] else f"not as in the manifest: {digest}"
        wrong += digest != package["sha256"]
        sys.stdout.write(f"{package['file']}: {verdict}\n")
    if options.update:
        MANIFEST.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
