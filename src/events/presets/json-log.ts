import type { Preset } from './preset.js'

export const jsonLog: Preset = {
  name: 'json_log',
  about:
    "Requests as JSON: Caddy, Traefik, Google's load balancer (Cloud Logging), and nginx with its variables as keys. A visitor is an address and a user agent. From Caddy's logging, Traefik's access logs, Cloud Logging's HttpRequest and nginx's log module.",
  detect: [
    ['ts', 'request.remote_ip', 'request.uri', 'request.method'],
    ['ts', 'request.remote_addr', 'request.uri', 'request.method'],
    ['ClientHost', 'RequestPath', 'RequestMethod', 'StartUTC'],
    ['ClientHost', 'RequestPath', 'RequestMethod', 'time'],
    ['httpRequest.remoteIp', 'httpRequest.requestUrl', 'timestamp'],
    ['remote_addr', 'request', 'http_user_agent'],
    ['remote_addr', 'request_uri', 'http_user_agent'],
  ],
  user: [
    'request.client_ip+request.headers.User-Agent,request.client_ip',
    'request.remote_ip+request.headers.User-Agent,request.remote_ip',
    'request.remote_addr+request.headers.User-Agent,request.remote_addr',
    'ClientHost+request_User-Agent,ClientHost',
    'httpRequest.remoteIp+httpRequest.userAgent,httpRequest.remoteIp',
    'remote_addr+http_user_agent,remote_addr',
  ],
  time: ['ts', 'StartUTC', 'timestamp', 'time_iso8601', 'msec', 'time_local', '@timestamp', 'time'],
  timeZone: 'as each line says, else UTC',
  event: ['request.uri', 'RequestPath', 'httpRequest.requestUrl', 'request_uri,request', 'request'],
  dimensions: {
    platform: ['request_User-Agent', 'httpRequest.userAgent', 'http_user_agent'],
  },
}
