/** Results as lines for a terminal, or as Markdown for `docs/benchmarks.md`. */

export const mb = (bytes) => `${Math.round(bytes / 1e6).toLocaleString('en')} MB`
const ratio = (a, b) => (a / b).toFixed(2)
const seconds = (value) => (value < 1 ? `${(value * 1000).toFixed(0)} ms` : `${value.toFixed(2)} s`)

/** @param results of `Measure.compare`: the first contender is the one that the others stand against */
function rows(results) {
  const [first] = results.values()
  return [...results].map(([name, it], i) => [
    it.rounds === 1 ? `${name} (one round)` : name,
    seconds(it.seconds),
    seconds(it.cpuSeconds),
    mb(it.peakBytes),
    ...(i === 0
      ? ['', '', '']
      : ['seconds', 'cpuSeconds', 'peakBytes'].map((figure) => ratio(first[figure], it[figure]))),
  ])
}

const heads = (first) => [
  'contender',
  'time',
  'processor',
  'peak memory',
  `time of ${first} against it`,
  'processor',
  'memory',
]

/** @param first what the first contender is called in the heads of the ratios */
export function written(
  title,
  results,
  { first = 'sessionize', notes = [], markdown = false } = {},
) {
  const lines = markdown ? asMarkdown(heads(first), rows(results)) : asText(rows(results), first)
  return [
    markdown ? `## ${title}\n` : title,
    ...lines,
    ...notes.map((note) => `\n${note}`),
    '',
  ].join('\n')
}

function asMarkdown(head, body) {
  const line = (cells) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...body.map(line)]
}

function asText(body, first) {
  const widths = body[0].map((_, i) => Math.max(...body.map((row) => row[i].length)))
  return body.map(([name, time, cpu, peak, ...ratios]) =>
    [
      `  ${name.padEnd(widths[0])}`,
      time.padStart(widths[1]),
      `cpu ${cpu.padStart(widths[2])}`,
      peak.padStart(widths[3]),
      ratios[0] === ''
        ? ''
        : `${first} takes ${ratios[0]}x its time, ${ratios[1]}x cpu, ${ratios[2]}x memory`,
    ]
      .join('  ')
      .trimEnd(),
  )
}
