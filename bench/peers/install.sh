#!/bin/sh
# Installs the other engines of the speed comparison, by package name, on Debian.
# Debian may start a service of the package; the benchmark does not use it and starts its own.
# Usage: bench/peers/install.sh [sqrl] [rspamd] [spamassassin]     (all three when none is named)
set -eu
folder=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
[ $# -gt 0 ] || set -- sqrl rspamd spamassassin

if [ "$(id -u)" -eq 0 ]; then root=""; else root="sudo"; fi

debian() {
    $root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

for peer in "$@"; do
    case $peer in
    sqrl)
        command -v node >/dev/null && command -v npm >/dev/null || debian nodejs npm
        (cd "$folder/sqrl" && npm install)
        ;;
    rspamd | spamassassin)
        debian "$peer"
        ;;
    *)
        echo "unknown peer: $peer (known: sqrl, rspamd, spamassassin)" >&2
        exit 2
        ;;
    esac
done
