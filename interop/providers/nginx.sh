#!/bin/sh
# nginx with TLS in front of an application that speaks http on loopback: as little configured as can be, so
# that its own sizes of headers and its habit of passing another Host on are met.
#   nginx.sh PORT TO CERTS FOLDER: https://127.0.0.1:PORT to http://127.0.0.1:TO; runs until it is stopped
set -eu
port=$1 to=$2
certs=$(realpath "$3")
mkdir -p "$4"
folder=$(realpath "$4")
cat >"$folder/nginx.conf" <<CONF
daemon off;
worker_processes 1;
pid $folder/nginx.pid;
error_log stderr;
events {}
http {
    access_log off;
    client_body_temp_path $folder;
    proxy_temp_path $folder;
    fastcgi_temp_path $folder;
    uwsgi_temp_path $folder;
    scgi_temp_path $folder;
    server {
        listen 127.0.0.1:$port ssl;
        ssl_certificate $certs/server.crt;
        ssl_certificate_key $certs/server.key;
        location / { proxy_pass http://127.0.0.1:$to; }
    }
}
CONF
exec nginx -e stderr -p "$folder" -c "$folder/nginx.conf"
