import type { Preset } from './preset.js'

export const adobe: Preset = {
  name: 'adobe',
  about:
    "Adobe Analytics data feeds: hit_data.tsv with a header, or without one beside its column_headers.tsv. A visitor is post_visid_high with post_visid_low, a visit is visit_num within it. From Adobe's data column reference.",
  detect: [
    ['hit_time_gmt', 'post_visid_high', 'post_visid_low'],
    ['hit_time_gmt', 'visid_high', 'visid_low'],
  ],
  user: ['post_visid_high+post_visid_low', 'visid_high+visid_low'],
  time: ['hit_time_gmt', 'cust_hit_time_gmt'],
  timeZone: 'UTC, seconds since 1970',
  event: ['post_pagename,pagename,page_event,post_page_event'],
  session: ['visit_num'],
  dedupe: [['hitid_high', 'hitid_low']],
  insertId: [['hitid_high', 'hitid_low']],
  dimensions: {
    platform: ['os', 'user_agent'],
    country: ['geo_country', 'country'],
  },
  clocks: { client: ['cust_hit_time_gmt'], server: ['hit_time_gmt'] },
}
