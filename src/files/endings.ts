/** Ends of names that say which format a file has, the likeliest first. */
const ENDINGS: ReadonlyMap<string, readonly string[]> = new Map([
  ['txt', ['terminal', 'list']],
  ['json', ['json', 'ndjson']],
  ['ndjson', ['ndjson']],
  ['jsonl', ['ndjson']],
  ['csv', ['csv']],
  ['md', ['markdown']],
  ['markdown', ['markdown']],
  ['html', ['html']],
  ['htm', ['html']],
  ['parquet', ['parquet']],
  ['arrow', ['arrow']],
  ['arrows', ['arrow']],
  ['feather', ['arrow']],
  ['xml', ['junit']],
  ['sarif', ['sarif']],
])

/** Which of the formats a file's name asks for; undefined when it says none of them. */
export function formatOf<Format extends string>(
  path: string,
  formats: readonly Format[],
): Format | undefined {
  const ending = /\.([a-z]+)$/i.exec(path)?.[1]?.toLowerCase() ?? ''
  const [found] = (ENDINGS.get(ending) ?? []).flatMap(
    (wanted) => formats.find((format) => format === wanted) ?? [],
  )
  return found
}
