/** The format and the columns of a stream, found by the batch's own detection from its first lines. */
import { SessionizeError } from '../errors/errors.js'
import { formatName } from '../events/clock.js'
import { fixedLayouts } from '../events/detection.js'
import { type Mapping, type MappingOptions, mapSources } from '../events/mapping.js'
import { withAllowances } from '../events/open.js'
import { planRows } from '../events/row-plan.js'
import type { RowPlan } from '../events/rows.js'
import { type Column, NO_ALLOWANCES, type SourceGroup } from '../sources/group.js'
import { CsvRecords } from '../sources/line-ends.js'
import { describeSources } from '../sources/scan.js'
import { sniff } from '../sources/sniff.js'
import { omitUndefined } from '../units/omit-undefined.js'
import { HEAD_LINES } from './head.js'
import type { Inbox } from './inbox.js'
import type { Recognised } from './recognised.js'

export interface ColumnOptions extends MappingOptions {
  readonly timeZone?: string
}

export interface Head {
  readonly bytes: Buffer
  /** The input has no more. */
  readonly complete: boolean
}

/** @param properties that the definition's rules look at */
export async function recognise(
  inbox: Inbox,
  head: Head,
  options: ColumnOptions,
  properties: readonly string[],
): Promise<{ readonly recognised: Recognised; readonly notes: readonly string[] }> {
  const { engine, path } = inbox
  const sample = firstLines(head)
  const { format, delimiter } = formatOf(sample, head)
  const bytes = format === 'csv' ? wholeRecords(sample, delimiter ?? ',') : sample
  inbox.put(bytes)
  const file = {
    label: 'the stream',
    ...({ path, format, compression: 'none', bytes: bytes.length } as const),
    ...omitUndefined({ delimiter }),
  }
  // Broken lines say nothing about the columns.
  const known = { ...NO_ALLOWANCES, byRows: [path] }
  return withAllowances(async (allowances) => {
    const layouts = fixedLayouts(options)
    const described = await describeSources(engine, [file], { layouts, allowances })
    // Duplicates are not looked for in a stream, so no key column is required to be there.
    const mapped = await mapSources(engine, described, { ...options, dedupe: ['none'] })
    const { timeZone } = options
    const plan = await planRows(engine, mapped, {
      dimensions: properties,
      ...omitUndefined({ timeZone }),
    })
    const [roles, ...doubts] = notesOf(mapped.mapping)
    const [base] = described
    if (base === undefined) throw new TypeError('one file is one group')
    const opened = mapped.groups[0]?.opened ?? null
    return {
      recognised: plainValues(format, base, opened, plan),
      notes: [`${format}, ${roles}`, ...doubts],
    }
  }, known)
}

function plainValues(
  format: Recognised['format'],
  { columns, width, csv, log }: SourceGroup,
  opened: string | null,
  { mapping, timeZone, dimensions }: RowPlan,
): Recognised {
  const { user, event, session, outOfSession, clock, nulls } = mapping
  return {
    ...{
      format,
      columns: columns.map(plainColumn),
      width,
      opened,
      timeZone,
      event,
      session,
      outOfSession,
    },
    csv:
      csv === undefined
        ? null
        : {
            ...{ delimiter: csv.delimiter, quote: csv.quote, escape: csv.escape },
            ...{ header: csv.header, skip: csv.skip ?? 0, bareEscapes: csv.bareEscapes ?? false },
          },
    log: log?.kind === 'w3c' ? { ...log, fields: [...log.fields] } : (log ?? null),
    user: [...user],
    time: clock.time.name,
    timeFormat: formatName(clock.time.formats[0] ?? 'iso'),
    timeDetected: clock.time.detected,
    timeSettings: { ...clock.time.settings },
    nulls: [...nulls],
    properties: dimensions.map(({ name, sources }) => ({ name, sources: [...sources] })),
  }
}

const plainColumn = ({ name, type, readAs }: Column) => ({ name, type, readAs })

function firstLines({ bytes, complete }: Head): Buffer {
  let end = 0
  for (let line = 0; line <= HEAD_LINES; line++) {
    const next = bytes.indexOf(10, end) + 1
    if (next === 0) return complete ? bytes : bytes.subarray(0, end)
    end = next
  }
  return bytes.subarray(0, end)
}

/** A record that is cut would make the whole unreadable. */
function wholeRecords(sample: Buffer, delimiter: string): Buffer {
  const records = new CsvRecords({ delimiter, quote: '"', escape: '"' })
  const { bytes, end } = records.add(sample)
  return records.unclosed ? bytes.subarray(0, end) : bytes
}

const PLAIN = 'follow reads lines of NDJSON, CSV and access logs'

function formatOf(
  sample: Buffer,
  { bytes, complete }: Head,
): { readonly format: Recognised['format']; readonly delimiter?: string } {
  const sniffed = sniff({ head: sample, complete: complete && sample.length === bytes.length }, '')
  if (sniffed.kind !== 'text') {
    throw new SessionizeError('unsupported', `${PLAIN}, not ${sniffed.kind}.`, {
      hint: 'Unpack or convert it on the way, as in: zstdcat events.ndjson.zst | sessionize follow',
    })
  }
  const { format, delimiter, apart } = sniffed
  if (format === 'json' || apart === 'values') {
    throw new SessionizeError('unsupported', `${PLAIN}, not JSON over several lines.`, {
      hint: "Put each object on a line: jq -c '.[]' events.json | sessionize follow",
    })
  }
  return { format, ...omitUndefined({ delimiter }) }
}

function notesOf(mapping: Mapping): string[] {
  const roles = [
    `user ${mapping.user.join(', ')}`,
    `time ${mapping.time} (${formatName(mapping.timeFormat)})`,
    `event ${mapping.event ?? '(none)'}`,
    ...(mapping.session === null ? [] : [`session ${mapping.session}`]),
  ]
  return [`reading ${roles.join(', ')}; preset ${mapping.preset}`, ...mapping.doubts]
}
