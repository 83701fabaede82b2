#!/bin/sh
# Chromium, whose path is in CHROMIUM, without any feature that one of the arguments disables: of several
# --disable-features it heeds the last alone, and Playwright gives one of its own.
for argument do
  shift
  case $argument in
    --disable-features=*) features=${features:+$features,}${argument#*=} ;;
    *) set -- "$@" "$argument" ;;
  esac
done
exec "$CHROMIUM" "$@" --disable-features="$features"
