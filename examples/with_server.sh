#!/bin/sh
# Runs a command beside a server of its own, which it starts and stops: with_server.sh redis|memcached COMMAND [arguments]
# In the arguments, @url@ stands for the server's url. Ends with 77 where the server is not installed.
set -eu
kind=$1
shift
case $kind in
redis) program=redis-server ;;
memcached) program=memcached ;;
*)
    echo "there is no server for '$kind'" >&2
    exit 2
    ;;
esac
command -v $program >/dev/null || { echo "$program is not installed"; exit 77; }

directory=$(mktemp -d)
socket=$directory/socket
case $kind in
redis)
    url=unix://$socket
    $program --port 0 --unixsocket "$socket" --save '' --appendonly no >"$directory/log" &
    ;;
memcached)
    url=$socket
    $program -s "$socket" -U 0 -u "$(id -un)" >"$directory/log" &
    ;;
esac
server=$!
trap 'kill $server; wait $server || true; rm -rf "$directory"' EXIT
tries=0
until [ -S "$socket" ]; do
    tries=$((tries + 1))
    [ $tries -lt 200 ] || { cat "$directory/log"; exit 1; }
    sleep 0.05
done

for argument do
    shift
    case $argument in
    *@url@*) argument=${argument%%@url@*}$url${argument#*@url@} ;;
    esac
    set -- "$@" "$argument"
done
"$@"
