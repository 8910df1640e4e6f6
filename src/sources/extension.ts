import type { Format } from './source.js'

/** What a name promises. Only used where the content does not decide. */
export interface NamedKind {
  readonly format: Format
  readonly delimiter?: string
}

const KINDS: Readonly<Record<string, NamedKind>> = {
  ndjson: { format: 'ndjson' },
  jsonl: { format: 'ndjson' },
  jsonlines: { format: 'ndjson' },
  json: { format: 'json' },
  csv: { format: 'csv' },
  tsv: { format: 'csv', delimiter: '\t' },
  tab: { format: 'csv', delimiter: '\t' },
  psv: { format: 'csv', delimiter: '|' },
  parquet: { format: 'parquet' },
  parq: { format: 'parquet' },
  pq: { format: 'parquet' },
  arrow: { format: 'arrow' },
  arrows: { format: 'arrow' },
  feather: { format: 'arrow' },
  ipc: { format: 'arrow' },
  log: { format: 'log' },
}

const COMPRESSIONS: Readonly<Record<string, 'gzip' | 'zstd'>> = {
  gz: 'gzip',
  gzip: 'gzip',
  zst: 'zstd',
  zstd: 'zstd',
}

/** `a/events.csv.zst` -> csv inside zstd. */
export function kindByName(name: string): {
  readonly kind: NamedKind | undefined
  readonly compression: 'none' | 'gzip' | 'zstd'
} {
  const parts = name.toLowerCase().split(/[\\/]/).at(-1)?.split('.') ?? []
  const compression = COMPRESSIONS[parts.at(-1) ?? ''] ?? 'none'
  if (compression !== 'none') parts.pop()
  const extension = parts.length > 1 ? parts.at(-1) : undefined
  return { kind: extension === undefined ? undefined : KINDS[extension], compression }
}
