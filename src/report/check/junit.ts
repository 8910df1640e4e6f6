/**
 * JUnit XML in the form that CI systems agree on (the Jenkins xUnit plugin's junit-10.xsd): one test
 * per rule. A warning fails its test only where warnings fail the run.
 */
import type { CheckReport, CheckResult } from '../../checks/result.js'
import { visible } from '../untrusted.js'
import { describeCheck, describeExample, failsRun } from './wording.js'

export function checkAsJunit(report: CheckReport): string {
  const failures = report.checks.filter((check) => failsRun(report, check)).length
  const { skipped } = report.counts
  const totals = `tests="${report.checks.length}" failures="${failures}" errors="0" skipped="${skipped}"`
  return `${[
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="sessionize check" ${totals} time="0">`,
    `  <testsuite name="sessionize check" ${totals} time="0">`,
    ...report.checks.map((check) => testCase(report, check)),
    '  </testsuite>',
    '</testsuites>',
  ].join('\n')}\n`
}

function testCase(report: CheckReport, check: CheckResult): string {
  const open = `    <testcase name="${attribute(check.id)}" classname="sessionize.${attribute(check.origin)}" time="0"`
  const inner = verdictElement(report, check)
  return inner === '' ? `${open}/>` : `${open}>\n${inner}\n    </testcase>`
}

function verdictElement(report: CheckReport, check: CheckResult): string {
  if (check.verdict === 'skipped') {
    return `      <skipped message="${attribute(check.why ?? '')}"/>`
  }
  if (check.verdict === 'pass') return ''
  const message = describeCheck(check)
  const details = [
    message,
    ...check.examples.map((example) => `  ${describeExample(example)}`),
    ...(check.hint === null ? [] : [check.hint]),
  ]
  const body = details.map(content).join('\n')
  return failsRun(report, check)
    ? `      <failure type="${check.verdict}" message="${attribute(message)}">${body}</failure>`
    : `      <system-out>warning: ${body}</system-out>`
}

/** XML 1.0 has no way to write most control characters, so they are shown as `\x1b`. */
const content = (text: string): string =>
  visible(text)
    .replace(/[\ufffe\uffff]/g, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')

const attribute = (text: string): string => content(text).replaceAll('"', '&quot;')
