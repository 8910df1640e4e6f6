import type { Preset } from './preset.js'

export const matomo: Preset = {
  name: 'matomo',
  about:
    "Matomo's Live.getLastVisitsDetails: a row is a visit, and each element of its actionDetails is an event. Times are seconds since 1970. From Matomo's Reporting API reference.",
  detect: [['idVisit', 'actionDetails']],
  user: ['userId,visitorId'],
  time: ['actionDetails.timestamp'],
  timeZone: 'UTC, seconds since 1970',
  event: ['actionDetails.type'],
  session: ['idVisit'],
  dimensions: {
    platform: ['deviceType', 'operatingSystemName'],
    country: ['countryCode', 'country'],
  },
  identity: ['userId', 'visitorId'],
  unnest: 'actionDetails',
}
