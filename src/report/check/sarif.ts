/**
 * SARIF 2.1.0: failures and warnings only, one result per rule. GitHub shows a result only where it
 * has a file, so a rule that is about none is told of the first file of the input.
 */
import { sep } from 'node:path'
import type { CheckReport, CheckResult } from '../../checks/result.js'
import { VERSION } from '../../package.js'
import { jsonText, visible } from '../untrusted.js'
import { describeCheck, describeExample, problems } from './wording.js'

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json'

export function checkAsSarif(report: CheckReport): string {
  const rules = report.checks.filter(({ verdict }) => verdict !== 'skipped')
  const results = problems(report)
  const log = {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'sessionize',
            version: VERSION,
            rules: rules.map(ruleDescriptor),
          },
        },
        invocations: [{ executionSuccessful: true }],
        results: results.map((check) => ({
          ruleId: check.id,
          ruleIndex: rules.indexOf(check),
          kind: 'fail',
          level: check.verdict === 'fail' ? 'error' : 'warning',
          message: { text: message(check) },
          locations: locations(check, report),
          // The same finding of the same rule is one alert over time, whatever its number is.
          partialFingerprints: { 'rule/v1': check.id },
        })),
        columnKind: 'utf16CodeUnits',
      },
    ],
  }
  return `${jsonText(log)}\n`
}

const ruleDescriptor = (check: CheckResult) => ({
  id: check.id,
  name: check.id
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(''),
  shortDescription: { text: visible(check.meaning) },
  ...(check.hint === null ? {} : { help: { text: visible(check.hint) } }),
  defaultConfiguration: { level: check.error === null ? 'warning' : 'error' },
})

const message = (check: CheckResult): string =>
  [describeCheck(check), ...check.examples.map((example) => `- ${describeExample(example)}`)]
    .map(visible)
    .join('\n')

function locations(check: CheckResult, { ledger }: CheckReport) {
  const files = [...new Set(check.examples.flatMap(({ file }) => (file === null ? [] : [file])))]
  const [first] = ledger.files
  const named = files.length > 0 ? files : first === undefined ? [] : [first.label]
  return named.map((file) => ({
    physicalLocation: { artifactLocation: { uri: artifactUri(file) } },
    ...(file.includes('!')
      ? { logicalLocations: [{ fullyQualifiedName: visible(file), kind: 'member' }] }
      : {}),
  }))
}

/** Of `export.zip!day/1.json` the archive: that is the file which exists. */
export const fileOnDisk = (label: string): string => label.split('!')[0] ?? label

/**
 * A relative reference, in which a colon in the first part would read as a scheme, or a file URL.
 *
 * @param label with `/` between its parts, as labels are on every system
 */
export function artifactUri(label: string, windows = sep === '\\'): string {
  const path = fileOnDisk(label).replace(/\p{Cs}/gu, '\ufffd')
  const encode = (part: string): string => part.split('/').map(encodeURIComponent).join('/')
  const [, drive, rest = ''] = (windows ? /^([a-z]:)(\/.*)$/i.exec(path) : null) ?? []
  if (drive !== undefined) return `file:///${drive}${encode(rest)}`
  if (windows && path.startsWith('//')) return `file:${encode(path)}`
  return path.startsWith('/') ? `file://${encode(path)}` : encode(path)
}
