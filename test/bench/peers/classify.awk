# The answer of the bench in awk (run with mawk): counts by symptom, failed attempts by upstream and symptom.
# Output, separated by tabs: S symptom n | U upstream symptom n | N symptom n (upstream unknown) | F n (failed attempts)

# The one upstream between the end of the request and host or referrer; "" when missing, cut or ambiguous.
function upstream_of(rest,    at, tail, host, referrer, second, value) {
  if (index(rest, ", request: \"")) {
    if (!match(rest, / HTTP\/[0-9.]+"/)) return ""
    rest = substr(rest, RSTART + RLENGTH)
  }
  at = index(rest, ", upstream: \"")
  if (!at) return ""
  tail = substr(rest, at + 13)
  second = index(tail, ", upstream: \"")
  if (second) {
    host = index(tail, ", host: \"")
    referrer = index(tail, ", referrer: \"")
    if ((!host || second < host) && (!referrer || second < referrer)) return ""
  }
  value = tail
  if (match(value, /^[a-z]+:\/\//)) value = substr(value, RLENGTH + 1)
  if (substr(value, 1, 5) == "unix:") {
    value = substr(value, 6)
    return match(value, /[:"]/) ? substr(value, 1, RSTART - 1) : ""
  }
  # A scheme alone is a cut line.
  return match(value, /[^\/":][\/"]/) ? substr(value, 1, RSTART) : ""
}

function attempt_of(message, errno, action) {
  if (index(message, "connect()") == 1) {
    if (errno in connect_symptom) return connect_symptom[errno]
    return "other"
  }
  if (index(message, "upstream timed out") == 1) return action == "connecting to upstream" ? "connect_timeout" : "response_timeout"
  if (index(message, "upstream prematurely closed") == 1) return action == "reading upstream" ? "truncated_response" : "premature_close"
  if (index(message, "no live upstreams") == 1) return "no_live_upstreams"
  if (index(message, "upstream server temporarily disabled") == 1) return "peer_marked_down"
  if (index(message, "epoll_wait()") == 1) return "client_abort"
  if (index(message, "SSL_do_handshake()") == 1) return "tls_handshake"
  if (index(message, "peer closed connection in SSL") == 1) return "tls_handshake"
  if (index(message, "upstream SSL certificate") == 1) return "tls_verify"
  if (index(message, "upstream sent too big") == 1) return "header_too_big"
  if (index(message, "upstream sent invalid") == 1) return "invalid_response"
  if (index(message, "upstream rejected request") == 1) return "stream_rejected"
  if (index(message, "upstream sent goaway") == 1) return "stream_rejected"
  if (message ~ /^[0-9]+ worker_connections are not enough/) return "worker_connections_exhausted"
  if (message ~ /^(recv|readv|send|writev|sendfile|socket)\(\)/) {
    if (errno in io_symptom) return io_symptom[errno]
    return "other"
  }
  return ""
}

function plain_of(message, action) {
  if (index(message, "could not be resolved (") && message ~ /^[^ ]+ could not/) return "dns_failure"
  if (index(message, "no resolver defined") == 1) return "dns_failure"
  # The resolver's own socket: no attempt has failed yet.
  if (index(action, "resolving, resolver: ") == 1) return "dns_failure"
  if (index(message, "limiting requests") == 1) return "rate_limited"
  if (index(message, "limiting connections") == 1) return "connection_limited"
  if (index(message, "client intended to send too large") == 1) return "body_too_large"
  if (index(message, "client sent") == 1) return "client_bad_request"
  if (index(message, "access forbidden") == 1) return "access_denied"
  if (index(message, "auth request unexpected") == 1) return "subrequest_failed"
  if (index(message, "SSL_do_handshake()") == 1 && action == "SSL handshaking") return "client_tls_error"
  if (index(message, "accept4() failed (24:") == 1) return "fds_exhausted"
  if (message ~ /^[0-9]+ worker_connections are not enough$/) return "worker_connections_exhausted"
  if (message ~ /^worker process [0-9]+ exited on signal/) return "worker_crash"
  if (index(message, "host not found in upstream") == 1) return "config_rejected"
  return ""
}

BEGIN {
  split("111 connect_refused 110 connect_timeout 113 host_unreachable 101 network_unreachable 104 connect_reset 99 address_unavailable 2 socket_missing 11 queue_full 13 permission_denied", pairs, " ")
  for (i = 1; i in pairs; i += 2) connect_symptom[pairs[i]] = pairs[i + 1]
  io_symptom[104] = "reset"
  io_symptom[32] = "broken_pipe"
  io_symptom[24] = "fds_exhausted"
  split("connecting to upstream|SSL handshaking to upstream|sending request to upstream|reading response header from upstream|reading upstream|proxying upgraded connection|proxying and reading from upstream", actions, "|")
  for (i in actions) upstream_action[actions[i]] = 1
}

{
  client = index($0, ", client: ")
  message = client ? substr($0, 22, client - 22) : substr($0, 22)
  message = substr(message, index(message, ": ") + 2)
  if (substr(message, 1, 1) == "*") message = substr(message, index(message, " ") + 1)
  action = ""
  if (at = index(message, " while ")) action = substr(message, at + 7)
  symptom = ""
  if (action in upstream_action) {
    errno = match(message, /\([0-9]+: /) ? substr(message, RSTART + 1, RLENGTH - 3) : ""
    symptom = attempt_of(message, errno, action)
  }
  failure = symptom != "" && symptom != "peer_marked_down" && symptom != "client_abort"
  if (symptom == "") {
    symptom = plain_of(message, action)
    if (symptom == "") next
    failure = symptom == "dns_failure" && index(action, "resolving") != 1
  }
  symptoms[symptom]++
  if (!failure) next
  failures++
  upstream = client ? upstream_of(substr($0, client)) : ""
  if (upstream == "") unknown[symptom]++
  else attempts[upstream "\t" symptom]++
}

END {
  for (key in symptoms) print "S\t" key "\t" symptoms[key]
  for (key in attempts) print "U\t" key "\t" attempts[key]
  for (key in unknown) print "N\t" key "\t" unknown[key]
  print "F\t" failures
}
