import type { Preset } from './preset.js'

export const accessLog: Preset = {
  name: 'access_log',
  about:
    "Apache's and nginx's access logs, common and combined, with or without a virtual host: a visitor is an address and a user agent. From Apache's mod_log_config documentation.",
  detect: [['visitor', 'request', 'ip', 'user_agent', 'referer']],
  user: ['visitor'],
  time: ['time'],
  timeZone: 'as each line says',
  event: ['request'],
  dimensions: { platform: ['user_agent'] },
}
