import type { EdgePlan } from './edge-plan.ts';
import { LIVE_RESOURCES, type LiveResource } from './live-lifetimes.ts';

/** Seconds for which a refusal is given to all who ask the same; then the origin is asked again. */
const REFUSAL_SECONDS = 0.5;
/**
 * Varnish wakes those who wait a few at a time. To each of them counts what was fresh when it came, if it is still there: so it
 * stays for as long as a busy machine takes to wake a county.
 */
const REFUSAL_KEPT_SECONDS = 5;

/**
 * How an edge's Varnish serves `/live/`: identical requests wait for one answer, an answer lives as long as the origin says
 * (where it says nothing, {@link LIVE_RESOURCES}), what is a little old is given out while the origin is away, and what has
 * nothing old (a playlist from a given part on) is refused at once. For Varnish from 7.1 on, without further modules.
 */
export function varnishConfig(plan: EdgePlan): string {
  const { origin, bridgeListen } = plan;
  const [host, port] = bridgeListen === undefined ? [origin.host, origin.port] : hostAndPort(bridgeListen);
  const isUsualPort = origin.port === (origin.isSecure ? 443 : 80);
  const hostHeader = isUsualPort ? origin.host : `${origin.host}:${origin.port}`;
  return `vcl 4.1;
# Edge ${plan.name}: made by "yuanjiao edge-config". Make it anew instead of editing it.

import std;

backend origin {
  .host = "${host.replace(/^\[|\]$/g, '')}";
  .port = "${port}";
  .connect_timeout = 1s;
  .first_byte_timeout = 3s;
  .between_bytes_timeout = 5s;
  # Two failures in a row and it is away; one answer and it is back.
  .probe = {
    .request = "GET /alive HTTP/1.1" "Host: ${hostHeader}" "Connection: close";
    .interval = 500ms;
    # A busy origin is slow and there; one whose service is down refuses at once.
    .timeout = 3s;
    .window = 2;
    .threshold = 1;
    .initial = 1;
  }
}

sub vcl_recv {
  unset req.http.X-Wants-Stale;
  if (req.restarts == 0) {
    unset req.http.X-Has-Failed;
  }
  if (req.url == "/edge/health") {
    return (synth(200, "health"));
  }
  if (req.method != "GET" && req.method != "HEAD") {
    return (synth(405));
  }

  # The key is the path with the arguments that mean something, in one order.
  set req.url = regsuball(req.url, "([?&])(?!_HLS_(?:msn|part|skip)=)[^?&]*", "\\1");
  set req.url = regsuball(req.url, "&&+", "&");
  set req.url = regsub(regsub(req.url, "\\?&", "?"), "[?&]+$", "");
  set req.url = std.querysort(req.url);

  unset req.http.X-Resource;
  ${LIVE_RESOURCES.map((resource) => classification(resource)).join(' else ')} else {
    return (synth(404));
  }
  return (hash);
}

sub vcl_hash {
  hash_data(req.url);
  return (lookup);
}

sub vcl_backend_fetch {
  set bereq.http.Host = "${hostHeader}";
  if (bereq.http.X-Resource == "blocking") {
    # Three segments, and some more: the origin gives up before.
    set bereq.first_byte_timeout = 10s;
  }
}

sub vcl_backend_response {
  if (beresp.status >= 500) {
    if (bereq.is_bgfetch || bereq.http.X-Wants-Stale) {
      return (abandon);
    }
    call refuse;
    return (deliver);
  }
  if (beresp.status == 400 || beresp.status == 404) {
    call refuse;
    return (deliver);
  }
  if (beresp.http.Set-Cookie || beresp.http.Cache-Control ~ "(?i)private|no-store" || beresp.status >= 400) {
    # What is meant for one is for one; those who ask meanwhile do not wait for each other.
    set beresp.uncacheable = true;
    set beresp.ttl = 1s;
    return (deliver);
  }
  if (!beresp.http.Cache-Control) {
    ${LIVE_RESOURCES.map((resource) => lifetimes(resource)).join(' else ')}
  }
  # stale-while-revalidate is read by Varnish itself; whichever allows more counts, and vcl_recv says when.
  if (beresp.http.Cache-Control ~ "stale-if-error=[0-9]+") {
    set beresp.http.X-Stale = regsub(beresp.http.Cache-Control, "^.*stale-if-error=([0-9]+).*$", "\\1s");
    if (std.duration(beresp.http.X-Stale, 0s) > beresp.grace) {
      set beresp.grace = std.duration(beresp.http.X-Stale, 0s);
    }
    unset beresp.http.X-Stale;
  }
  set beresp.keep = 0s;
  return (deliver);
}

# All who wait for the same hear the same, and the origin is left alone for a moment.
sub refuse {
  set beresp.ttl = ${REFUSAL_SECONDS}s;
  set beresp.grace = 0s;
  set beresp.keep = ${REFUSAL_KEPT_SECONDS}s;
  # Nothing to ask the origin whether it has changed.
  unset beresp.http.ETag;
  unset beresp.http.Last-Modified;
}

sub vcl_backend_error {
  if (bereq.is_bgfetch || bereq.http.X-Wants-Stale) {
    return (abandon);
  }
  call refuse;
  set beresp.status = 503;
  set beresp.http.Content-Type = "text/plain; charset=utf-8";
  set beresp.http.Cache-Control = "no-store";
  set beresp.http.Retry-After = "1";
  synthetic("The centre cannot be reached at the moment.");
  return (deliver);
}

sub vcl_synth {
  # The origin has just failed: once more, now with whatever there is, however old its own rules allow.
  if (resp.status == 503 && req.http.X-Wants-Stale && req.restarts == 0) {
    set req.http.X-Has-Failed = "yes";
    return (restart);
  }
  if (resp.reason == "health") {
    set resp.reason = "OK";
    set resp.http.Content-Type = "application/json";
    set resp.http.Cache-Control = "no-store";
    if (std.healthy(origin)) {
      synthetic("{" + {""edge":"${plan.name}","cache":"varnish","origin":"alive" "} + "}");
    } else {
      synthetic("{" + {""edge":"${plan.name}","cache":"varnish","origin":"away" "} + "}");
    }
    return (deliver);
  }
  set resp.http.Content-Type = "text/plain; charset=utf-8";
  set resp.http.Cache-Control = "no-store";
  if (resp.status == 503) {
    set resp.http.Retry-After = "1";
  }
  synthetic(resp.status + " " + resp.reason);
  return (deliver);
}

sub vcl_deliver {
  unset resp.http.X-Varnish;
  unset resp.http.Via;
  if (obj.hits > 0) {
    set resp.http.X-Edge-Cache = "HIT";
  } else {
    set resp.http.X-Edge-Cache = "MISS";
  }
  return (deliver);
}
`;
}

function classification(resource: LiveResource): string {
  const { name, address, staleWhileFetchingSeconds, staleWhileAwaySeconds } = resource;
  const grace =
    staleWhileAwaySeconds === 0
      ? ''
      : `
    if (std.healthy(origin) && !req.http.X-Has-Failed) {
      set req.http.X-Wants-Stale = "yes";
      set req.grace = ${staleWhileFetchingSeconds}s;
    }`;
  return `if (req.url ~ "${address}") {
    set req.http.X-Resource = "${name}";${grace}
  }`;
}

function lifetimes(resource: LiveResource): string {
  const { name, freshSeconds, staleWhileFetchingSeconds, staleWhileAwaySeconds } = resource;
  return `if (bereq.http.X-Resource == "${name}") {
      set beresp.ttl = ${freshSeconds}s;
      set beresp.grace = ${Math.max(staleWhileFetchingSeconds, staleWhileAwaySeconds)}s;
    }`;
}

function hostAndPort(listen: string): readonly [host: string, port: string] {
  const colon = listen.lastIndexOf(':');
  return [listen.slice(0, colon), listen.slice(colon + 1)];
}

/**
 * What `varnishd` is started with. Memory is that of the classes on the air; what lives for a moment counts too, else errors
 * could grow past it.
 */
export function varnishArguments({ varnish, stateDir }: EdgePlan, configFile: string): readonly string[] {
  if (varnish === undefined) return [];
  return [
    ...['-a', `${varnish.listen},HTTP`, '-f', configFile, '-n', `${stateDir}/varnish`],
    ...['-s', `live=malloc,${varnish.memoryMib}m`, '-s', 'Transient=malloc,32m', '-l', '16m'],
    ...['-p', 'shortlived=0', '-p', 'default_ttl=0', '-p', 'default_grace=0', '-p', 'default_keep=0'],
    ...['-p', 'timeout_idle=75', '-p', 'thread_pool_min=50', '-p', 'thread_pool_max=2000'],
  ];
}
