#!/usr/bin/env bash
# Installs what is missing, builds, starts the server with one demo lecture, and says where to look.
# Whatever was done by an earlier run is not done again.
set -uo pipefail
cd "$(dirname "$0")/.."
. scripts/machine.sh

MAIN=build/server/cli/main.js

usage() {
  cat <<'TEXT'
用法：bash scripts/start.sh [--detach | --stop | --help]

  （无选项）  安装、编译、启动服务器并放入一节示范课；按 Ctrl-C 停止
  --detach    同上，但让服务器留在后台运行
  --stop      停止后台的服务器

设置用环境变量或 yuanjiao.config.json 给出，例如：YUANJIAO_PORT=9000 bash scripts/start.sh
TEXT
}

yuanjiao() { node "$MAIN" "$@"; }

# setting NAME : one value of the checked configuration.
setting() {
  node -e 'process.stdout.write(JSON.parse(process.argv[1])[process.argv[2]])' "$config" "$1"
}

read_config() {
  config=$(yuanjiao config --json) || { say '配置有误，原因见上。改正后再次执行本命令。'; exit 2; }
  data=$(setting YUANJIAO_DATA_DIR)
  port=$(setting YUANJIAO_PORT)
  host=$(setting YUANJIAO_HOST)
  public=$(setting YUANJIAO_PUBLIC_URL)
  if [ "$port" = 0 ]; then
    say '请把 YUANJIAO_PORT 设为一个固定的端口，例如 8180。'
    exit 2
  fi
  case $host in 0.0.0.0 | ::) near=127.0.0.1 ;; *:*) near="[$host]" ;; *) near=$host ;; esac
  local_url="http://$near:$port"
  pid_file=$data/server.pid
  log_file=$data/server.log
}

# What answers on the port: "ours", "other" or "nothing".
who_answers() {
  node -e '
    fetch(process.argv[1] + "/alive", { signal: AbortSignal.timeout(3000) })
      .then(async (answer) => console.log((await answer.text()) === "alive\n" ? "ours" : "other"))
      .catch((error) => console.log(error.cause?.code === "ECONNREFUSED" ? "nothing" : "other"));
  ' "$local_url"
}

# The server that an earlier run of this script started, when it still runs.
running_pid() {
  local pid
  pid=$(cat "$pid_file" 2>/dev/null) || return 1
  [[ $pid =~ ^[0-9]+$ ]] || return 1
  { tr "\0" " " <"/proc/$pid/cmdline"; } 2>/dev/null | grep -q "$MAIN serve" || return 1
  printf '%s' "$pid"
}

stop_server() {
  local pid=$1
  kill -TERM "$pid" 2>/dev/null || true
  for _ in $(seq 1 400); do
    kill -0 "$pid" 2>/dev/null || { rm -f "$pid_file"; return 0; }
    sleep 0.1
  done
  return 1
}

start_server() {
  mkdir -p "$data"
  # A session of its own: Ctrl-C reaches this script, which then stops the server once and waits for it.
  setsid node "$MAIN" serve >>"$log_file" 2>&1 </dev/null &
  server=$!
  printf '%s\n' "$server" >"$pid_file"
  for _ in $(seq 1 120); do
    [ "$(who_answers)" = ours ] && return 0
    if ! kill -0 "$server" 2>/dev/null; then
      rm -f "$pid_file"
      say "服务器没有起来。日志 $log_file 的最后几行："
      tail -n 5 "$log_file"
      exit 1
    fi
    sleep 0.25
  done
  say "服务器启动已超过 30 秒，仍没有应答，请查看日志：$log_file"
  stop_server "$server"
  exit 1
}

put_demo() {
  local file=$data/demo/yangmei-jiajie.mp4
  if [ ! -e "$file" ]; then
    say '制作示范课（首次约十秒）…'
    bash scripts/demo-lecture.sh "$file" || { say '示范课没有做成，原因见上。服务器照常可用。'; return 0; }
  fi
  watch=$(yuanjiao ingest "$file" --title '示范课：杨梅嫁接四步' --tag 乡土 \
    --description '用一分钟讲清杨梅嫁接的四个步骤：选接穗、削接口、对准形成层、绑扎套袋。' \
    --if-missing --publish --wait --quiet)
  local code=$?
  [ "$code" -eq 130 ] && interrupted
  [ "$code" -eq 0 ] || say '示范课没有放进去，原因见上。服务器照常可用，可以从“课件工作台”上传自己的课件。'
}

addresses() {
  if [ "$public" != '(not set)' ]; then printf '%s\n' "$public"; return; fi
  printf '%s\n' "$local_url"
  case $host in
    0.0.0.0 | ::)
      node -p '
        Object.values(os.networkInterfaces()).flat()
          .filter(({ family, internal }) => family === "IPv4" && !internal)
          .map(({ address }) => `http://${address}:${process.argv[1]}`).join("\n")' "$port"
      ;;
  esac
}

greet() {
  say ''
  say '远教已在运行。'
  addresses | while read -r address; do [ -n "$address" ] && say "  首页    $address/"; done
  [ -n "${watch:-}" ] && say "  示范课  $watch"
  say "  工作台  $local_url/studio"
  if [ -n "$new_password" ]; then
    say "  登录密码  $new_password （只显示这一次，另存于 $data/admin-password.txt）"
  elif [ -e "$data/admin-password.txt" ]; then
    say "  登录密码  见 $data/admin-password.txt"
  else
    say '  登录密码  是您自己设定的；忘记了可执行：node '"$MAIN"' admin password'
  fi
  if [ ${#MISSING[@]} -gt 0 ]; then
    say ''
    say '以下没有装成，请执行冒号后面的命令：'
    printf '  %s\n' "${MISSING[@]}"
  fi
  say ''
}

interrupted() {
  trap '' INT TERM
  if [ -n "${server:-}" ]; then
    say ''
    say '正在停止…'
    stop_server "$server" && say '已停止。' || say "服务器（进程 $server）40 秒内没有停下。"
  fi
  exit 130
}

wish=${1:-}
case $wish in
  '' | --detach | --stop) [ $# -le 1 ] || { usage; exit 2; } ;;
  -h | --help) usage; exit 0 ;;
  *) usage; exit 2 ;;
esac

need_node
if [ "$wish" = --stop ]; then
  [ -e "$MAIN" ] || { say '没有在运行的服务器。'; exit 0; }
  read_config
  if ! pid=$(running_pid); then
    rm -f "$pid_file"
    say '没有由本命令启动、仍在运行的服务器。'
    exit 0
  fi
  stop_server "$pid" && { say '已停止。'; exit 0; }
  say "服务器（进程 $pid）40 秒内没有停下，请再试一次。"
  exit 1
fi

need_media_tools
if ! has ffmpeg; then
  say '缺少必需的程序，请先执行下面冒号后面的命令：'
  printf '  %s\n' "${MISSING[@]}"
  exit 4
fi
need_packages
need_build || { say '编译没有成功，原因见上。'; exit 1; }
read_config

trap interrupted INT TERM
new_password=
yuanjiao migrate >/dev/null || { say '数据库不能使用，原因见上。'; exit 4; }
had_password=$([ -e "$data/admin-password.txt" ] && echo yes || true)
yuanjiao admin init >/dev/null || { say '没有建成管理员账号，原因见上。'; exit 1; }
if [ -z "$had_password" ] && [ -e "$data/admin-password.txt" ]; then
  new_password=$(cat "$data/admin-password.txt")
fi

server=
case $(who_answers) in
  nothing) start_server ;;
  other)
    say "端口 $port 被其他程序占用。请停止那个程序，或换一个端口：YUANJIAO_PORT=9000 bash scripts/start.sh"
    exit 4
    ;;
esac

watch=
put_demo
greet

if [ -z "$server" ]; then
  if running_pid >/dev/null; then
    say '服务器早已在运行。停止它请执行：bash scripts/start.sh --stop'
  else
    say '服务器早已在运行，不是由本命令启动的，请用启动它的办法停止它。'
  fi
  exit 0
fi
if [ "$wish" = --detach ]; then
  say "服务器留在后台运行，日志在 $log_file。停止它请执行：bash scripts/start.sh --stop"
  exit 0
fi
say "按 Ctrl-C 停止。日志在 $log_file"
wait "$server"
code=$?
rm -f "$pid_file"
say "服务器停了（退出码 $code），日志在 $log_file"
exit "$code"
