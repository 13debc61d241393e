#!/bin/sh
# install_tools.sh BUILT GENERATE_MANUAL PREFIX: the tools, their manual pages and their completions.
set -eu
built=$1 generate_manual=$2 prefix=$3
pages=$prefix/share/man/man1
date=$(date -u -d "@${SOURCE_DATE_EPOCH:-$(date +%s)}" +%F)
drafts=$(mktemp -d)
trap 'rm -rf "$drafts"' EXIT
mkdir -p "$prefix/bin" "$pages" "$prefix/share/bash-completion/completions" \
    "$prefix/share/zsh/site-functions" "$prefix/share/fish/vendor_completions.d"

# The page of `iourun eval` is iourun-eval(1), as git names its own; the generator has iourun.eval(1).
manual() {
    "$generate_manual" "$built/$1" --multi-page --output-directory "$drafts" --date "$date"
    rm "$drafts/$1.help.1"
    for draft in "$drafts/$1".*; do
        page=$(basename "$draft" | sed -E 's/\.(.*\.1)$/-\1/')
        sed -E -e "/^\.Xr $1\.help /d" -e "s/^\.Xr $1\./.Xr $1-/" -e '/^\.Dt/s/\./-/2' \
            -e "s/^\.Nm \"$1 (.*)\"/.Nm $1-\1/" -e 's/^$/.Pp/' "$draft" |
            sed -E -e ':all;N;$!ball;s/\n\.Pp\n\.It/\n.It/g' |
            sed -E -e "/^\.Sh SYNOPSIS/,/^\.Sh DESC/s/^\.Nm$/.Nm \"$(echo "${page%.1}" | tr - ' ')\"/" >"$pages/$page"
    done
}

for tool in iouc iourun; do
    install -m 755 "$built/$tool" "$prefix/bin/$tool"
    strip --strip-unneeded "$prefix/bin/$tool"
    manual "$tool"
    # bash reads a completion script, and does not run it.
    "$built/$tool" --generate-completion-script bash | sed '1{/^#!/d}' \
        >"$prefix/share/bash-completion/completions/$tool"
    "$built/$tool" --generate-completion-script zsh >"$prefix/share/zsh/site-functions/_$tool"
    "$built/$tool" --generate-completion-script fish >"$prefix/share/fish/vendor_completions.d/$tool.fish"
done
