import type { Preset } from './preset.js'

export const w3cLog: Preset = {
  name: 'w3c_log',
  about:
    'W3C extended logs (IIS, CloudFront): a visitor is c-ip and cs(User-Agent), a time is date and time. From the W3C working draft on the extended log file format.',
  detect: [
    ['visitor', 'request', 'timestamp', 'date', 'time', 'cs-uri-stem'],
    ['visitor', 'request', 'timestamp', 'date', 'time', 'c-ip'],
    ['visitor', 'request', 'timestamp', 'date-local', 'time-local', 'cs-uri-stem'],
    ['visitor', 'request', 'timestamp', 'date-local', 'time-local', 'c-ip'],
  ],
  user: ['visitor'],
  time: ['timestamp'],
  timeZone: 'UTC',
  event: ['request'],
  dimensions: { platform: ['cs(User-Agent)'] },
}
