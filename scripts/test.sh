#!/usr/bin/env bash
# Installs what the tests need, then lints, builds and runs every test. The last line is "N passed, N failed".
# With CI=true a component that could not be had fails the run; elsewhere it is named with the command that gets it.
set -uo pipefail
cd "$(dirname "$0")/.."
. scripts/machine.sh

# The newest source release of the server that the module proxy serves.
MINIO_MODULE=github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c

# From 1.21 on Go fetches the toolchain that a module asks for. Debian 12 has an older one, but a toolchain is a module like any other.
TOOLCHAIN_MODULE=golang.org/toolchain@v0.0.1-go1.25.5

# Prints the path of a Go that can build MinIO.
capable_go() {
  local minor folder
  minor=$(go env GOVERSION | cut -d. -f2)
  if [ "${minor:-0}" -ge 21 ]; then command -v go; return; fi
  if [ ! -x .cache/go/bin/go ]; then
    folder=$(go mod download -json "$TOOLCHAIN_MODULE.linux-$(go env GOARCH)" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')
    [ -n "$folder" ] || return 1
    rm -rf .cache/go.part
    cp -r "$folder" .cache/go.part
    # The module cache keeps files without the right to run or write them.
    chmod -R u+w .cache/go.part
    chmod +x .cache/go.part/bin/* .cache/go.part/pkg/tool/*/*
    mv .cache/go.part .cache/go
  fi
  echo "$PWD/.cache/go/bin/go"
}

need_minio() {
  if [ -x .cache/bin/minio ] || command -v minio >/dev/null; then return 0; fi
  need Go go golang-go || return 0
  say '编译 MinIO 服务器（首次约五分钟）…'
  mkdir -p .cache/bin
  local go
  go=$(capable_go 2>.cache/minio-build.log) &&
    GOBIN=$PWD/.cache/bin "$go" install "$MINIO_MODULE" >.cache/minio-build.log 2>&1 ||
    MISSING+=("MinIO: go install $MINIO_MODULE（需要 Go 1.24 以上；最后一行：$(tail -n1 .cache/minio-build.log)）")
}

need_node
need_media_tools
need Chromium chromium chromium || true
need strace strace strace || true
need nginx /usr/sbin/nginx nginx || true
need Varnish /usr/sbin/varnishd varnish || true
need mpv mpv mpv || true
need OpenSSL openssl openssl || true
# librtmp, from which OBS's sender was made, comes with its plugins.
need GStreamer '/usr/lib/*/gstreamer-1.0/libgstrtmp.so' \
  gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad || true
need 'GStreamer decoders' '/usr/lib/*/gstreamer-1.0/libgstlibav.so' gstreamer1.0-libav || true
need PostgreSQL '/usr/lib/postgresql/*/bin/initdb' postgresql || true
need_minio
need_packages
if [ "${CI:-}" = true ] && [ ${#MISSING[@]} -gt 0 ]; then
  printf '缺少：%s\n' "${MISSING[@]}"
  say "0 passed, ${#MISSING[@]} failed"
  exit 1
fi

failed=0
say '检查代码…'
npm run -s lint || failed=$((failed + 1))
need_build || { say "0 passed, 1 failed"; exit 1; }
node_modules/.bin/mocha --reporter scripts/test-reporter.mjs "$@" || true
read -r passed broken pending <.cache/test-counts 2>/dev/null || { passed=0 broken=1 pending=0; }
rm -f .cache/test-counts
failed=$((failed + broken))

if [ "$pending" -gt 0 ]; then
  say "没有执行的测试：$pending（上面标有 - 的各行写明了原因）"
  [ "${CI:-}" = true ] && failed=$((failed + pending))
fi
[ ${#MISSING[@]} -gt 0 ] && printf '没有装成，相关测试没有执行：%s\n' "${MISSING[@]}"
say "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
