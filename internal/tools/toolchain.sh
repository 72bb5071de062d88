#!/usr/bin/env bash
# Builds the toolchain of the Cortex-M firmware into .toolchain: make toolchain. What the system must have comes from Debian packages,
# which it installs as root; TinyGo is a Go module, pinned in tinygo/go.mod and go.sum beside this file. Everything is found or made
# again only when it is missing or the pin has changed. A toolchain appears whole or not at all.
set -euo pipefail
cd "$(dirname "$0")/../.."

llvm=19
dest=.toolchain
self=internal/tools/toolchain.sh
pin=internal/tools/tinygo

# Package by package, by Debian's names: a command or a file that it brings, and what it is for. The folders are those in which TinyGo's
# bindings look for LLVM; other distributions have it elsewhere.
needs() {
	cat <<-END
		g++ g++ compiles TinyGo's bindings of LLVM, and the plugin that counts instructions
		llvm-$llvm-dev /usr/include/llvm-c-$llvm/llvm-c/Core.h is what TinyGo generates code with
		libclang-$llvm-dev /usr/lib/llvm-$llvm/include/clang-c/Index.h reads the C files of packages for TinyGo
		clang-$llvm clang-$llvm compiles the C files of packages
		lld-$llvm ld.lld-$llvm links firmware
		qemu-system-arm qemu-system-arm runs firmware
	END
}

# missing prints the packages that are not there, each with what it is for.
missing() {
	local package witness purpose
	while read -r package witness purpose; do
		case $witness in
		/*) [ -e "$witness" ] ;;
		*) command -v "$witness" >/dev/null ;;
		esac || printf '  %-17s %s\n' "$package" "$purpose"
	done < <(needs)
}

# install brings the packages that are missing, or says what to do and ends the script.
install() {
	local lacks packages
	lacks=$(missing)
	[ -n "$lacks" ] || return 0
	mapfile -t packages < <(awk '{ print $1 }' <<<"$lacks")
	if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
		echo "toolchain: installing ${packages[*]}"
		# The lists of a new machine are missing or old, and fetching them takes a while: only if it does not go without.
		apt_install "${packages[@]}" >/dev/null 2>&1 || { apt-get update -q && apt_install "${packages[@]}"; } || true
		lacks=$(missing)
		[ -n "$lacks" ] || return 0
	fi
	cat >&2 <<-END
		toolchain: what the Cortex-M firmware needs is not installed. These are the names of Debian 12 and Ubuntu 24.04:
		$lacks
		As root there, make toolchain installs them, or: apt-get install --no-install-recommends ${packages[*]}
		Elsewhere, QEMU may be any from 7.2 on; LLVM must be version $llvm, in the folders where Debian has it.
	END
	exit 1
}

apt_install() {
	DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "$@"
}

# stamp identifies a toolchain: with the same one nothing needs to be built.
stamp() {
	cat "$pin/go.mod" "$pin/go.sum" "$self" | cksum
	go env GOVERSION
}

# build makes TinyGo and what it finds beside itself: its part of the standard library, and the targets.
build() {
	echo "toolchain: building TinyGo"
	new=$(mktemp -d "$dest.XXXXXX")
	trap 'chmod -R u+w "$new" && rm -rf "$new"' EXIT
	chmod 755 "$new"
	local module=github.com/tinygo-org/tinygo source
	# Flags of the project around it are not for this module; go.sum decides what is built.
	export GOWORK=off GOFLAGS=-mod=readonly CGO_ENABLED=1
	go -C "$pin" build -trimpath -buildvcs=false -tags "llvm$llvm" -ldflags '-s -w' -o "$PWD/$new/bin/tinygo" "$module"
	source=$(go -C "$pin" list -m -f '{{.Dir}}' "$module")
	cp -R "$source/src" "$source/targets" "$new/"
	chmod -R u+w "$new"
	mkdir -p "$new/src/net" # a submodule upstream and so not in the module; TinyGo wants the folder
	"$new/bin/tinygo" version
	echo "$1" >"$new/stamp"
	rm -rf "$dest"
	mv -T "$new" "$dest"
	trap - EXIT
}

install
wanted=$(stamp)
if [ "$(cat "$dest/stamp" 2>/dev/null)" != "$wanted" ]; then
	build "$wanted"
fi
