/** What a config file adds to a command's flags. */
import type { Preset } from '../../events/presets/preset.js'

export type FlagValue = string | number | boolean | readonly string[]

export interface Configured {
  /** As it was named or found. */
  readonly file: string
  /** By the flag's long name, without dashes. */
  readonly flags: ReadonlyMap<string, FlagValue>
  readonly checks: { readonly baseline?: string }
}

export interface ConfiguredFlags {
  readonly configured?: Configured
  readonly presets?: readonly Preset[]
}
