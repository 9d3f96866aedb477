#!/bin/sh
# Runs the demo on a server that it starts and stops: on_server.sh redis|memcached DEMO [arguments of the demo]
# It ends with 77 where the server is not installed.
set -eu
backend=$1
demo=$2
shift 2
directory=$(mktemp -d)
socket=$directory/socket
case $backend in
redis)
    program=redis-server
    set -- --argument "url=unix://$socket" "$@"
    ;;
memcached)
    program=memcached
    set -- --argument "url=$socket" "$@"
    ;;
*)
    echo "there is no server for '$backend'" >&2
    exit 2
    ;;
esac
command -v $program >/dev/null || { echo "$program is not installed"; rm -rf "$directory"; exit 77; }
case $program in
redis-server) $program --port 0 --unixsocket "$socket" --save '' --appendonly no >"$directory/log" & ;;
memcached) $program -s "$socket" -U 0 -u "$(id -un)" >"$directory/log" & ;;
esac
server=$!
trap 'kill $server; wait $server || true; rm -rf "$directory"' EXIT
tries=0
until [ -S "$socket" ]; do
    tries=$((tries + 1))
    [ $tries -lt 200 ] || { cat "$directory/log"; exit 1; }
    sleep 0.05
done
"$demo" --backend "$backend" "$@"
