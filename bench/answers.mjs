/** Whether contenders' answers are one answer. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const check = fileURLToPath(new URL('check.mjs', import.meta.url))

/** @param question `table`, `own-summary` or `peer-summary` */
function contents(question, path) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [check, question, path], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  })
  if (status !== 0) throw new Error(`cannot read the answer in ${path}:\n${stderr}`)
  return JSON.parse(stdout)
}

/** @returns {{ sessions: number, totalSeconds: number }} of the answer that all tables are */
export function sameTables(paths) {
  const [first, ...others] = [...paths].map(([name, path]) => [name, contents('table', path)[0]])
  for (const [name, found] of others) {
    for (const figure of ['sessions', 'total_micros', 'content']) {
      if (found[figure] !== first[1][figure]) {
        throw new Error(
          `the sessions of ${first[0]} and of ${name} differ in their ${figure}: ${first[1][figure]} and ${found[figure]}`,
        )
      }
    }
  }
  return { sessions: Number(first[1].sessions), totalSeconds: first[1].total_micros / 1e6 }
}

/** The first is sessionize's. @returns {{ sessions: number, totalSeconds: number }} as above */
export function sameSummaries(paths) {
  const [own, ...others] = [...paths].map(([name, path], i) => [
    name,
    bySegment(contents(i === 0 ? 'own-summary' : 'peer-summary', path)),
  ])
  for (const [name, found] of others) {
    if (found.size !== own[1].size) {
      throw new Error(`${own[0]} has ${own[1].size} segments, ${name} ${found.size}`)
    }
    for (const [segment, figures] of own[1]) compareFigures(segment, figures, found, name)
  }
  const all = own[1].get(ALL)
  return { sessions: all.sessions, totalSeconds: all.total }
}

const ALL = 'null null'
const bySegment = (rows) =>
  new Map(
    rows.map(({ platform, country, ...figures }) => [
      `${platform ?? null} ${country ?? null}`,
      figures,
    ]),
  )

function compareFigures(segment, figures, found, name) {
  for (const [figure, value] of Object.entries(figures)) {
    const theirs = found.get(segment)?.[figure]
    // Counts are equal; a sum of floats depends on their order.
    const tolerance = Number.isInteger(value) ? 0 : 1e-6 * Math.max(1, Math.abs(value))
    if (!(Math.abs(theirs - value) <= Math.max(tolerance, 1e-6))) {
      throw new Error(`${figure} of ${segment}: sessionize ${value}, ${name} ${theirs}`)
    }
  }
}
