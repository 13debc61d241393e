#!/bin/sh
# install_tools.sh BUILT PREFIX: the tools and their completions.
set -eu
built=$1 prefix=$2
mkdir -p "$prefix/bin" "$prefix/share/bash-completion/completions" "$prefix/share/zsh/site-functions" \
    "$prefix/share/fish/vendor_completions.d"
for tool in iouc iourun; do
    install -m 755 "$built/$tool" "$prefix/bin/$tool"
    strip --strip-unneeded "$prefix/bin/$tool"
    "$built/$tool" --generate-completion-script bash >"$prefix/share/bash-completion/completions/$tool"
    "$built/$tool" --generate-completion-script zsh >"$prefix/share/zsh/site-functions/_$tool"
    "$built/$tool" --generate-completion-script fish >"$prefix/share/fish/vendor_completions.d/$tool.fish"
done
