#!/usr/bin/env bash
# Makes the demo lecture: a minute of Chinese slides with a moving pointer and a chime, as an MP4 of 1280x720.
# Usage: bash scripts/demo-lecture.sh FILE.mp4
set -euo pipefail

target=${1:?usage: demo-lecture.sh FILE.mp4}
SLIDE=12

# Any font with Chinese; without one the slides are coloured and numbered by the clock alone.
font=$(compgen -G '/usr/share/fonts/opentype/noto/NotoSansCJK-Bold*' | head -n1 || true)
[ -n "$font" ] || font=$(compgen -G '/usr/share/fonts/opentype/noto/NotoSansCJK*' | head -n1 || true)
if [ -z "$font" ] && command -v fc-match >/dev/null; then
  font=$(fc-match -f '%{file}' ':lang=zh-cn' || true)
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

filters="[0:v]null"
slide=0
# add_slide TITLE LINE LINE : texts go by file, so that no character of theirs means anything to the filter.
add_slide() {
  local when="between(t,$((slide * SLIDE)),$((slide * SLIDE + SLIDE)))"
  local size=(64 44 44) top=(190 340 420) color=(0x1f4e3d 0x333333 0x333333)
  local index=0 line
  for line in "$@"; do
    printf '%s' "$line" >"$work/$slide-$index.txt"
    filters+=",drawtext=fontfile=$font:textfile=$work/$slide-$index.txt:expansion=none:fontsize=${size[index]}"
    filters+=":fontcolor=${color[index]}:x=130:y=${top[index]}:enable='$when'"
    index=$((index + 1))
  done
  slide=$((slide + 1))
}

if [ -n "$font" ]; then
  add_slide '示范课：杨梅嫁接四步' '远教 · 乡土课件' '选穗、削口、对准、绑扎'
  add_slide '第一步　选接穗' '选一年生健壮枝条，粗如铅笔' '每段留三到四个饱满的芽'
  add_slide '第二步　削接口' '长削面约三厘米，一刀削平' '削面不起毛，不沾泥水'
  add_slide '第三步　对准形成层' '接穗插入砧木切口' '至少有一侧的形成层对齐'
  add_slide '第四步　绑扎套袋' '薄膜自下而上绑紧，不留缝' '套袋保湿，一个月后查看成活'
  filters+=",drawtext=fontfile=$font:text='%{pts\\:hms}':fontsize=28:fontcolor=0x777777:x=w-tw-60:y=h-70"
fi

mkdir -p "$(dirname "$target")"
ffmpeg -nostdin -v error -y \
  -f lavfi -i "color=c=0xf6f2e7:s=1280x720:r=25:d=60,drawbox=x=90:y=150:w=1100:h=4:color=0x1f4e3d:t=fill,drawbox=x=90:y=560:w=1100:h=4:color=0x1f4e3d:t=fill" \
  -f lavfi -i "color=c=0xd1352b:s=22x22:r=25:d=60" \
  -f lavfi -i "aevalsrc='0.25*exp(-2.5*mod(t,3))*(sin(2*PI*(392+49*floor(t/$SLIDE))*t)+0.5*sin(2*PI*(588+73*floor(t/$SLIDE))*t))':s=48000:d=60" \
  -filter_complex "$filters[slides];[slides][1:v]overlay=x='610+430*sin(0.55*t)':y='390+90*sin(1.3*t)':eval=frame,format=yuv420p[v]" \
  -map '[v]' -map 2:a -c:v libx264 -preset veryfast -crf 20 -g 250 -c:a aac -b:a 96k -ac 1 \
  -t 60 -movflags +faststart -fflags +bitexact -f mp4 "$target.new"
mv "$target.new" "$target"
