/** `--report format=file`, as often as one likes: one run, several readers. */
import { InvalidArgumentError } from 'commander'
import { formatOf } from '../files/endings.js'
import type { Together } from '../files/together.js'
import { CHECK_FORMATS, type CheckFormat } from '../report/check/format-names.js'
import type { Target } from '../report/target.js'
import { refuseStdout, withTarget } from './output.js'

export interface ReportFlag {
  readonly format: CheckFormat
  readonly path: string
}

export function reportFlag(value: string, before: readonly ReportFlag[] | undefined): ReportFlag[] {
  const equals = value.indexOf('=')
  const named = CHECK_FORMATS.find((format) => format === value.slice(0, Math.max(0, equals)))
  const path = named === undefined ? value : value.slice(equals + 1)
  const format = named ?? formatOf(path, CHECK_FORMATS)
  if (format === undefined || path === '') {
    throw new InvalidArgumentError(
      `Write it as junit=out.xml; formats: ${CHECK_FORMATS.join(', ')}.`,
    )
  }
  return [...(before ?? []), { format, path }]
}

export interface ReportTarget {
  readonly format: CheckFormat
  readonly target: Target
}

/** Opens all before the work, and writes all or none. */
export async function withReports<T>(
  flags: readonly ReportFlag[],
  together: Together | undefined,
  use: (targets: readonly ReportTarget[]) => Promise<T>,
): Promise<T> {
  const [first, ...rest] = flags
  if (first === undefined) return use([])
  refuseStdout('report', first.path)
  return withTarget(first.path, together, (target) =>
    withReports(rest, together, (targets) =>
      use(target === undefined ? targets : [{ format: first.format, target }, ...targets]),
    ),
  )
}
