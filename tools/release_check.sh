#!/usr/bin/env bash
# What must hold before a version is tagged: the version is one everywhere, the change log is closed, what the pages say is
# so, symbols and interfaces have lost nothing since the last version, the packages are clean, and a package that depends
# on this one by the tag builds. Says each, and at the end how to tag.
set -uo pipefail
cd "$(dirname "$0")/.."
version=$(sed -n 's/.*define IOU_VERSION "\(.*\)"/\1/p' Sources/CIoU/include/iou/iou.h)
log=$(mktemp)
older=$(mktemp -d)
trap 'git worktree remove --force "$older/iou" 2>/dev/null; rm -rf "$log" "$older"' EXIT
failed=0

holds() { # holds WHAT COMMAND...
    printf '%-70s ' "$1"
    if "${@:2}" >"$log" 2>&1; then
        echo yes
    else
        echo NO
        sed 's/^/    /' "$log" | tail -40
        failed=1
    fi
}

is_committed() { [ -z "$(git status --porcelain)" ] || { git status --short && false; }; }
is_new() { ! git rev-parse -q --verify "refs/tags/$version"; }
is_in_change_log() {
    grep '^## ' CHANGELOG.md | head -1 | grep -E "^## \[$version\] - 20[0-9]{2}-[0-9]{2}-[0-9]{2}$" ||
        { echo "expected '## [$version] - DATE' as the first section of CHANGELOG.md" && false; }
}
is_in_manifests() {
    local others
    others=$(git grep -nE 'from: "[0-9]+\.[0-9]+\.[0-9]+"' -- Examples Sources README.md | grep -vF "from: \"$version\"")
    [ -z "$others" ] || { echo "$others" && false; }
}
pages_and_sizes() { tools/check/run.sh test_claims.py test_embedding.py test_json.py; }
# Bit 8 of abidiff's status: something is gone or has another form. That option structs grow is allowed, and printed.
interface_of_c() {
    git worktree add -q --detach "$older/iou" "$baseline" && make -C "$older/iou" -j2 lib && make -j2 lib || return 1
    abidiff --headers-dir1 "$older/iou/Sources/CIoU/include" --headers-dir2 Sources/CIoU/include \
        "$older/iou/.build-lib/libiou.so" .build-lib/libiou.so
    [ $(($? & 11)) -eq 0 ]
}
interface_of_swift() {
    swift package --disable-sandbox --scratch-path .build-api diagnose-api-breaking-changes "$baseline"
}

# Until there is a tag, the commit that packaging/api-baseline names.
baseline=$(git describe --tags --abbrev=0 --exclude "$version" 2>/dev/null || cat packaging/api-baseline)
echo "iou $version, compared with $baseline"
holds "everything is committed" is_committed
holds "there is no tag $version yet" is_new
holds "the change log is closed" is_in_change_log
holds "manifests in examples and pages name the version" is_in_manifests
holds "formats and layers" make lint
holds "what is compared is built" make build lib test-hooks
holds "pages: commands, options, numbers; symbols and sizes" pages_and_sizes
holds "a clone of another name with this tag builds as a dependency" tools/check/check_swift_package.sh
holds "the C interface has lost nothing since $baseline" interface_of_c
holds "the Swift interface has lost nothing since $baseline" interface_of_swift
holds "Debian packages, manual pages, and what lintian says" make deb
if [ $failed -ne 0 ]; then
    echo "not ready" >&2
    exit 1
fi
echo "ready, when 'make check-full' has passed: git tag -a $version -m 'iou $version'"
