import type { Preset } from './preset.js'

export const accessLog: Preset = {
  name: 'access_log',
  about: 'Apache and nginx access logs: a visitor is an address and a user agent.',
  detect: ['visitor', 'request', 'user_agent', 'referer'],
  user: ['visitor'],
  time: ['time'],
  event: ['request'],
  dimensions: {},
}
