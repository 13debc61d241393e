#!/usr/bin/env bash
# dist.sh VERSION: a tarball of the tools, the library, its headers and what they need but the C library, each with its
# licence. It runs wherever it is unpacked, on systems whose C library is not older than this one's.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v patchelf >/dev/null || {
    echo "make dist: expected patchelf, found none; apt-get install patchelf" >&2
    exit 1
}
name=iou-$1-linux-$(uname -m)
stage=$PWD/.build-dist/$name
rm -rf "$stage"
make install PREFIX="$stage" TOOLS=1

# Of the C library and the loader: those of the system.
system='^(linux-vdso|ld-linux.*|libc|libm|libdl|librt|libpthread|libresolv)\.so'
licences=$stage/share/doc/iou/licences
mkdir -p "$licences"
cp LICENSE "$licences/iou"
ldd "$stage"/bin/* "$stage"/lib/libiou.so | awk '$2 == "=>" && $3 ~ /^\// { print $1, $3 }' | sort -u |
    while read -r needed path; do
        [[ $needed =~ $system ]] && continue
        cp -L "$path" "$stage/lib/$needed"
        package=$(dpkg -S "*/$(basename "$(realpath "$path")")" | head -1 | cut -d: -f1)
        cp -L "/usr/share/doc/$package/copyright" "$licences/$package"
    done
fonts=$stage/share/iou/fonts
mkdir -p "$fonts"
cp /usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf "$fonts"
cp /usr/share/doc/fonts-dejavu-core/copyright "$licences/fonts-dejavu-core"
cat >"$fonts/fonts.conf" <<'END'
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir prefix="relative">.</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
END
for library in "$stage"/lib/*.so*; do
    [ -L "$library" ] || patchelf --set-rpath '$ORIGIN' "$library"
done
cp LICENSE README.md CHANGELOG.md "$stage/share/doc/iou"
tar -C .build-dist -czf ".build-dist/$name.tar.gz" "$name"
echo "The tarball: $PWD/.build-dist/$name.tar.gz ($(du -h ".build-dist/$name.tar.gz" | cut -f1))"
