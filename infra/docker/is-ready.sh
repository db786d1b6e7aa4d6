#!/usr/bin/env bash
# Health check of a container: exit code 0 when /readyz of the ops port $1 answers 200. In bash, since it runs every few seconds for
# ever: starting node costs twenty times as much.
set -eu
exec 3<>"/dev/tcp/127.0.0.1/$1"
printf 'GET /readyz HTTP/1.0\r\nhost: 127.0.0.1\r\n\r\n' >&3
read -r -t 3 _ status _ <&3
[ "$status" = 200 ]
