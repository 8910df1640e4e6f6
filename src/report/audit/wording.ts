import type { CauseId, SessionKind } from '../../analysis/audit/audit.js'

/** What became of sessions, in the words of the report. */
export const KIND_WORDS: Readonly<Record<SessionKind, string>> = {
  exact: 'the same on both sides',
  split: 'several recorded in one rebuilt',
  merged: 'one recorded across several rebuilt',
  mixed: 'both at once',
  apart: 'only passive events',
}

/** The likely cause of a boundary that is on one side only. */
export const CAUSE_WORDS: Readonly<
  Record<CauseId, { readonly name: string; readonly why: string }>
> = {
  interleaved: {
    name: 'sessions at once',
    why: 'Two recorded sessions of one user run at the same time: two devices or tabs, or late events under an old id.',
  },
  platform_change: {
    name: 'change of platform',
    why: 'The user went on on another platform, where the SDK counts sessions of its own.',
  },
  midnight: {
    name: 'midnight',
    why: 'The id changed over midnight UTC: a rule of the vendor, or by chance.',
  },
  shorter_timeout: {
    name: 'shorter timeout',
    why: 'The id changed after a pause that is shorter than the gap: the SDK runs on a shorter timeout.',
  },
  restart: {
    name: 'restart',
    why: 'The id changed within a minute, with no pause: the app was restarted, the SDK initialised again, or the user signed in or out.',
  },
  other_rule: {
    name: 'another rule',
    why: 'A rule other than the gap cut the session (length, midnight, a property, an event), which the SDK does not know.',
  },
  passive_events: {
    name: 'passive events',
    why: 'Only passive events lie between: when recorded, they kept the session alive.',
  },
  longer_timeout: {
    name: 'longer timeout',
    why: 'The id stayed over a pause longer than the gap: the SDK runs on a longer timeout, or the app stayed in the foreground.',
  },
  kept_open: {
    name: 'kept open',
    why: 'The id stayed over more than four hours of silence: no timeout at all, background or push events, or delayed uploads under an old id.',
  },
}
