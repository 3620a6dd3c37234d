#!/bin/sh
# Starts $CHROMIUM as it is told, without the two pages that draw what drops from the address bar. Every new window opens them, nobody sees
# them here, and they cost as much computing as the page that is tested. Of several --disable-features Chromium obeys the last alone.
for word; do
  shift
  case $word in --disable-features=*) word=$word,WebUIOmniboxPopup,WebUIOmniboxAimPopup ;; esac
  set -- "$@" "$word"
done
exec "$CHROMIUM" "$@"
