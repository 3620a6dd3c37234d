import type { EdgePlan } from './edge-plan.ts';
import { markOfSecret } from './signed-paths.ts';

/**
 * The whole configuration of an edge's nginx: TLS and HTTP/2, the signature in front of a path, lectures in slices on disk,
 * pages and the API straight from the centre, and `/live/` from Varnish, or by itself where there is none or it is down.
 * Works with Debian's nginx from 1.22 on.
 */
export function nginxConfig(plan: EdgePlan): string {
  return `# Edge ${plan.name}: made by "yuanjiao edge-config". Make it anew instead of editing it.
user ${plan.user};
worker_processes auto;
worker_rlimit_nofile 65536;
worker_shutdown_timeout 20s;
pid ${plan.pidFile};
error_log ${plan.stateDir}/log/error.log warn;

events {
  worker_connections 16384;
  multi_accept on;
}

http {
  types {
    text/html html;
  }
  default_type application/octet-stream;
  server_tokens off;
  sendfile on;
  tcp_nopush on;
  tcp_nodelay on;
  keepalive_timeout 60s;
  keepalive_requests 100000;
  client_body_temp_path ${plan.stateDir}/temp/body;
  proxy_temp_path ${plan.stateDir}/temp/proxy;
  fastcgi_temp_path ${plan.stateDir}/temp/fastcgi;
  uwsgi_temp_path ${plan.stateDir}/temp/uwsgi;
  scgi_temp_path ${plan.stateDir}/temp/scgi;

  # $uri is behind the signature: no log holds an address that anybody could use.
  log_format edge '$remote_addr $time_iso8601 "$request_method $uri" $status $body_bytes_sent $request_time '
                  '$upstream_cache_status "$http_user_agent"';
  access_log ${plan.stateDir}/log/access.log edge buffer=64k flush=5s;

  proxy_cache_path ${plan.stateDir}/cache/media levels=1:2 keys_zone=media:64m max_size=${plan.diskGib}g
                   inactive=60d use_temp_path=off;
  proxy_cache_path ${plan.stateDir}/cache/pages levels=1:2 keys_zone=pages:8m max_size=1g inactive=30d use_temp_path=off;
  proxy_cache_path ${plan.stateDir}/cache/live levels=1:2 keys_zone=live:16m max_size=${plan.liveDiskMib}m
                   inactive=3m use_temp_path=off;

  proxy_http_version 1.1;
  proxy_connect_timeout 2s;
  proxy_next_upstream off;
${originTls(plan)}
  upstream origin {
    server ${plan.origin.host}:${plan.origin.port} max_fails=0;
    keepalive 64;
  }
${plan.varnish === undefined ? '' : varnishUpstream(plan.varnish)}
  # Only these arguments of a live playlist mean anything, and they have one order.
  map $arg__HLS_msn $live_msn {
    default '';
    '~^[0-9]{1,15}$' '&_HLS_msn=$arg__HLS_msn';
  }
  map $arg__HLS_part $live_part {
    default '';
    '~^[0-9]{1,6}$' '&_HLS_part=$arg__HLS_part';
  }
  map $arg__HLS_skip $live_skip {
    default '';
    '~^(YES|v2)$' '&_HLS_skip=$arg__HLS_skip';
  }
  map '$live_msn$live_part$live_skip' $live_args {
    default '';
    '~^&(?<hls_arguments>.+)$' '$hls_arguments';
  }

  # Whatever the origin calls private stays with whoever asked for it.
  map $upstream_http_cache_control $is_private {
    default 0;
    '~*(private|no-store)' 1;
  }

${secretMap(plan)}${servers(plan)}}
`;
}

function originTls({ origin, originAuthorities }: EdgePlan): string {
  if (!origin.isSecure) return '';
  return `  proxy_ssl_server_name on;
  proxy_ssl_name ${origin.host};
  proxy_ssl_verify on;
  proxy_ssl_verify_depth 4;
  proxy_ssl_trusted_certificate ${originAuthorities};
`;
}

function varnishUpstream({ listen }: { readonly listen: string }): string {
  return `
  upstream live_cache {
    server ${listen} max_fails=0;
    keepalive 256;
  }
`;
}

function servers(plan: EdgePlan): string {
  const names = plan.serverNames.length === 0 ? '_' : plan.serverNames.join(' ');
  const bridge = plan.bridgeListen === undefined ? '' : bridgeServer(plan.bridgeListen);
  if (plan.tls === undefined) {
    return `  server {
    listen ${plan.listen} default_server backlog=4096;
    server_name ${names};

${locations(plan)}  }
${bridge}`;
  }
  return `  server {
    listen ${plan.listen} default_server backlog=4096;
    server_name ${names};
    return 308 https://$host${portSuffix(plan.tls.listen)}$request_uri;
  }

  server {
    listen ${plan.tls.listen} ssl http2 default_server backlog=4096;
    server_name ${names};
    ssl_certificate ${plan.tls.certificate};
    ssl_certificate_key ${plan.tls.key};
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_prefer_server_ciphers off;
    ssl_session_cache shared:edge_tls:16m;
    ssl_session_timeout 1d;
    ssl_session_tickets off;

${locations(plan)}  }
${bridge}`;
}

function portSuffix(listen: string): string {
  const port = listen.slice(listen.lastIndexOf(':') + 1);
  return port === '443' ? '' : `:${port}`;
}

/** Varnish speaks no TLS to an origin. */
function bridgeServer(listen: string): string {
  return `
  server {
    listen ${listen};
    access_log off;
    location / {
      proxy_set_header Host $http_host;
      proxy_set_header Connection '';
      proxy_buffering off;
      proxy_read_timeout 15s;
      proxy_pass https://origin;
    }
  }
`;
}

const TOKEN = '[A-Za-z0-9_-]{1,64}';
const GENERATION = '[a-z0-9-]{1,64}';
const OBJECT = '(?:[a-z0-9-]{1,40}/)?[a-z0-9-]{1,40}';

function locations(plan: EdgePlan): string {
  const scheme = plan.origin.isSecure ? 'https' : 'http';
  const { host, port } = plan.origin;
  const isUsualPort = port === (plan.origin.isSecure ? 443 : 80);
  const originHost = isUsualPort ? host : `${host}:${port}`;
  const admission = plan.secret === undefined ? '' : "      if ($admitted = '') { return 403; }\n";
  const toOrigin = `proxy_set_header Host ${originHost};
      proxy_set_header Connection '';
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;`;
  const byTheViewersName = toOrigin.replace(originHost, '$http_host');
  /** One stored form for all: compressed, and unpacked for who cannot. */
  const compressed = `proxy_set_header Accept-Encoding gzip;
      gunzip on;
      proxy_ignore_headers Vary;`;
  const heldBack = 'proxy_cache_use_stale error timeout http_500 http_502 http_503 http_504;';
  const pass = `proxy_pass ${scheme}://origin;`;
  const live = plan.varnish === undefined ? liveByNginx() : liveByVarnish();

  function liveByVarnish(): string {
    return `      proxy_set_header Host ${originHost};
      proxy_set_header Connection '';
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_read_timeout 15s;
      proxy_pass http://live_cache;
      error_page 502 504 = @live;`;
  }

  function liveByNginx(): string {
    // How stale is too stale says the origin, per answer: a fixed rule here once showed players the class before.
    return `      ${toOrigin}
      ${compressed}
      proxy_cache live;
      proxy_cache_key $uri?$args;
      proxy_cache_lock on;
      proxy_cache_lock_timeout 10s;
      proxy_cache_lock_age 10s;
      proxy_cache_background_update on;
      proxy_no_cache $is_private;
      proxy_read_timeout 15s;
      ${pass}`;
  }

  return `    client_max_body_size 0;
    add_header X-Edge ${plan.name} always;
    add_header X-Edge-Cache $upstream_cache_status always;
    set $admitted '';

    # The signature is checked, taken off, and forgotten: behind this place an address has one name for everybody.
    location ~ "^/e/(?<signed_until>[0-9]{1,12})-(?<signature>[A-Za-z0-9_-]{22})(?<signed_path>/(?<signed_scope>(?:v|live)/${TOKEN})/[A-Za-z0-9_./-]+)$" {
${signatureCheck(plan)}
      set $admitted yes;
      rewrite ^ $signed_path last;
    }
    location /e/ {
      return 404;
    }

    # Lectures: any range, fetched and kept in slices.
    location ~ "^/v/${GENERATION}/${OBJECT}\\.(?:mp4|m4s)$" {
${admission}      slice 1m;
      ${toOrigin}
      proxy_set_header Range $slice_range;
      proxy_cache media;
      proxy_cache_key $uri#$slice_range;
      proxy_cache_lock on;
      proxy_cache_lock_timeout 10s;
      proxy_no_cache $is_private;
      ${heldBack}
      ${pass}
    }

    # Their playlists hold for a second, and as long as the centre cannot be reached. A lecture that is taken off the air
    # is refused by the centre, which is no outage.
    location ~ "^/v/${GENERATION}/${OBJECT}\\.m3u8$" {
${admission}      ${toOrigin}
      proxy_set_header Accept-Encoding gzip;
      gunzip on;
      proxy_ignore_headers Cache-Control Expires Vary;
      proxy_cache media;
      proxy_cache_key $uri;
      proxy_cache_valid 200 1s;
      proxy_cache_lock on;
      proxy_no_cache $is_private;
      ${heldBack}
      ${pass}
    }
    location ~ "^/v/${GENERATION}/${OBJECT}\\.(?:jpg|vtt|json|gz)$" {
      ${toOrigin}
      ${compressed}
      proxy_cache media;
      proxy_cache_key $uri;
      proxy_cache_lock on;
      proxy_no_cache $is_private;
      ${heldBack}
      ${pass}
    }

    # What of /live/ is media; the rest are pages.
    location ~ "^/live/class/${TOKEN}(?:/room)?\\.json$" {
      set $args $live_args;
${live}
    }
    location ~ "^/live/${TOKEN}/(?:[a-z0-9-]{1,40}/)?[a-z0-9.]{1,40}\\.(?:m3u8|m4s|mp4)$" {
${admission}      set $args $live_args;
${live}
    }
${
  plan.varnish === undefined
    ? ''
    : `    location @live {
${liveByNginx()}
    }
`
}
    location /assets/ {
      ${byTheViewersName}
      ${compressed}
      proxy_cache pages;
      proxy_cache_key $uri;
      proxy_cache_lock on;
      ${heldBack}
      ${pass}
    }

    # Pages, the API, uploads, events: as if the edge were not there.
    location / {
      ${byTheViewersName}
      proxy_request_buffering off;
      proxy_buffering off;
      proxy_max_temp_file_size 0;
      proxy_read_timeout 1h;
      proxy_send_timeout 1h;
      ${pass}
    }

${health(plan, toOrigin, `proxy_pass ${scheme}://origin/alive;`)}
`;
}

/** While a secret is exchanged: the last two digits of the time tell which one has signed. */
function secretMap({ secret, formerSecret }: EdgePlan): string {
  if (secret === undefined || formerSecret === undefined) return '';
  return `  map $signed_until $edge_secret {
    default '${formerSecret}';
    '~${String(markOfSecret(secret)).padStart(2, '0')}$' '${secret}';
  }

`;
}

function signatureCheck({ secret: only, formerSecret }: EdgePlan): string {
  if (only === undefined) return '      # This edge has no secret: it serves everybody.';
  const secret = formerSecret === undefined ? only : '$edge_secret';
  return `      secure_link $signature,$signed_until;
      secure_link_md5 "${secret} $secure_link_expires $signed_scope ${secret}";
      if ($secure_link = '') { return 403; }
      if ($secure_link = '0') { return 410; }`;
}

/** `/edge/health`: whether the edge serves, what caches live classes, and whether the origin answers. */
function health({ name, varnish }: EdgePlan, toOrigin: string, passProbe: string): string {
  const cache = varnish === undefined ? 'nginx' : 'varnish-is-down';
  const told = (origin: string): string =>
    `return 200 '{"edge":"${name}","cache":"${cache}","origin":"${origin}"}\\n';`;
  const asked =
    varnish === undefined
      ? `      auth_request /edge/origin;
      error_page 401 403 500 = @origin_away;
      try_files /- @origin_alive;`
      : `      proxy_set_header Connection '';
      proxy_pass http://live_cache;
      error_page 502 504 = @health;`;
  const without =
    varnish === undefined
      ? ''
      : `    location @health {
      recursive_error_pages on;
      auth_request /edge/origin;
      error_page 401 403 500 = @origin_away;
      try_files /- @origin_alive;
    }
`;
  return `    location = /edge/health {
      access_log off;
${asked}
    }
${without}    location = /edge/origin {
      internal;
      ${toOrigin}
      proxy_pass_request_body off;
      proxy_set_header Content-Length '';
      proxy_read_timeout 2s;
      ${passProbe}
    }
    location @origin_alive {
      default_type application/json;
      add_header Cache-Control no-store;
      ${told('alive')}
    }
    location @origin_away {
      default_type application/json;
      add_header Cache-Control no-store;
      ${told('away')}
    }`;
}
