import { accessLog } from './access-log.js'
import { amplitude } from './amplitude.js'
import { generic } from './generic.js'
import type { Preset } from './preset.js'

export type { Preset } from './preset.js'
export { generic }

/** In the order in which they are tried; `generic` takes whatever is left. */
export const PRESETS: readonly Preset[] = [amplitude, accessLog, generic]
