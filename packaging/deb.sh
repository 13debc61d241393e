#!/usr/bin/env bash
# deb.sh VERSION: Debian packages of the library, its headers and the tools, built by debhelper and looked at by lintian.
set -euo pipefail
cd "$(dirname "$0")/.."
for program in dpkg-buildpackage dh lintian patchelf; do
    command -v "$program" >/dev/null || {
        echo "make deb: expected $program, found none; apt-get install dpkg-dev debhelper lintian patchelf" >&2
        exit 1
    }
done
export IOU=$PWD
work=.build-deb/iou-$1
rm -rf .build-deb
mkdir -p "$work"
cp -r packaging/debian "$work"
# Whoever builds them, as Debian's own tools know: DEBFULLNAME and DEBEMAIL, else git's.
maintainer="${DEBFULLNAME:-$(git config user.name || id -un)} <${DEBEMAIL:-$(git config user.email || echo "$(id -un)@$(hostname)")}>"
control=$(<packaging/debian/control)
echo "${control//@MAINTAINER@/"$maintainer"}" >"$work/debian/control"
cat >"$work/debian/changelog" <<END
iou ($1-1) unstable; urgency=medium

  * Release $1; CHANGELOG.md says what is new.

 -- $maintainer  $(date -R)
END
cd "$work"
dpkg-buildpackage --build=binary --no-sign
cd ..
# These packages are for whoever builds them: no bug of Debian's asks for them.
lintian --allow-root --fail-on error,warning --suppress-tags initial-upload-closes-no-bugs ./*.changes
echo "The packages:"
du -h "$PWD"/*.deb
