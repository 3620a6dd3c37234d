# What this machine has to have; sourced by start.sh and test.sh, which say what they need.
# Nothing here fails silently: what cannot be installed is named together with the command that would.

declare -a MISSING=()

say() { printf '%s\n' "$*"; }

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; elif command -v sudo >/dev/null; then sudo "$@"; else return 1; fi
}

# need NAME COMMAND-OR-FILE PACKAGE... : makes sure that something is there, from Debian's packages.
need() {
  local name=$1 probe=$2
  shift 2
  has "$probe" && return 0
  if command -v apt-get >/dev/null; then
    say "安装 $name（$*）…"
    if [ -z "${APT_UPDATED:-}" ]; then
      as_root apt-get update -qq >/dev/null 2>&1 || true
      APT_UPDATED=1
    fi
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1 || true
  fi
  has "$probe" && return 0
  MISSING+=("$name: apt-get install $*")
  return 1
}

has() {
  case $1 in
    /*) compgen -G "$1" >/dev/null ;;
    *) command -v "$1" >/dev/null ;;
  esac
}

need_node() {
  local found
  found=$(command -v node >/dev/null && node -p 'process.versions.node' || echo 0.0.0)
  if ! node -e 'const [a, b] = process.versions.node.split("."); process.exit(+a > 20 || (+a === 20 && +b >= 19) ? 0 : 1)' 2>/dev/null; then
    say "需要 Node.js 20.19 或更新版本，当前为 $found。安装方法见 Node.js 官方网站，或执行：apt-get install nodejs npm"
    exit 1
  fi
}

# The packages of package-lock.json, installed once and again only when that file changes.
need_packages() {
  local want
  want=$( (cat package-lock.json; node -p process.versions.modules) | sha256sum | cut -d' ' -f1)
  if [ "$(cat node_modules/.installed 2>/dev/null)" = "$want" ]; then return 0; fi
  # sqlite3 is compiled where no prebuilt binary can be had.
  need 'C++ 编译器' g++ g++ make || true
  need 'Python 3' python3 python3 || true
  say '安装 npm 软件包（首次约两三分钟）…'
  # Not npm ci: it demands other platforms' optional packages in the lock file too, also where a registry does not carry them.
  if ! npm install --no-save --no-progress --loglevel=error >/tmp/yuanjiao-npm.$$ 2>&1; then
    cat /tmp/yuanjiao-npm.$$
    say '软件包没有装成，原因见上。网络恢复后再次执行本命令即可。'
    exit 1
  fi
  rm -f /tmp/yuanjiao-npm.$$
  printf '%s' "$want" >node_modules/.installed
}

# Compiled output, made again only when a source is newer.
need_build() {
  if [ -e build/.built ] && [ -z "$(find storage transcoder player server scripts test package.json tsconfig.base.json -newer build/.built -print -quit)" ]; then
    return 0
  fi
  say '编译…'
  mkdir -p .cache
  if ! npm run -s build >.cache/build.log 2>&1; then
    cat .cache/build.log
    return 1
  fi
  touch build/.built
}

need_media_tools() {
  need ffmpeg ffmpeg ffmpeg || true
  need bubblewrap bwrap bubblewrap || true
  need '中文字体' '/usr/share/fonts/opentype/noto/NotoSansCJK*' fonts-noto-cjk || true
}
