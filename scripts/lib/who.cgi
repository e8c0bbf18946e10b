#!/bin/sh
# Served by both ends of the demo: says who answers, and which address the question came from.
asked=${REMOTE_ADDR#"[::ffff:"}
printf 'Content-Type: text/plain\r\n\r\n%s was asked by %s\n' "${PLACE:-$(hostname)}" "${asked%]}"
