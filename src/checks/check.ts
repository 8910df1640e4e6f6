/** The whole of `sessionize check`: reads the events, runs the rules, and judges. */
import { type Opened, type ReadingOptions, withEvents } from '../events/dataset.js'
import { planSessions, sessionTable } from '../sessions/build.js'
import type { Dataset } from '../sessions/dataset.js'
import { ruleProperties } from '../sessions/definition.js'
import { assertComparable, type Baseline, takeBaseline } from './baseline.js'
import { closeOver, measureOwnRule } from './own-rule.js'
import { Relations } from './relations/index.js'
import type { CheckReport, CheckResult } from './result.js'
import { type CheckOptions, type CheckPlan, closeReport, planChecks, runRules } from './run.js'
import type { Scene } from './scene.js'
import { buildOptions, type SceneOptions, sceneOf, survey, surveyedDimensions } from './scene-of.js'

export interface CheckRequest extends SceneOptions {
  readonly checks: Omit<CheckOptions, 'snapshot'>
  /** Also take this export as a baseline for later ones. */
  readonly takeBaseline?: boolean
  readonly onRead?: (dataset: Dataset) => Promise<void>
  /** Other questions to the same events, asked before the engine is closed to the user's own rules. */
  readonly meanwhile?: (dataset: Dataset) => Promise<void>
}

export interface Checked {
  readonly report: CheckReport
  readonly baseline: Baseline | undefined
}

/** @throws SessionizeError `usage` before any work when the rules or the baseline do not fit. */
export async function check(
  opened: Opened,
  dataset: ReadingOptions,
  request: CheckRequest,
): Promise<Checked> {
  const plan = planChecks(request.checks)
  const { baseline } = request.checks
  if (baseline !== undefined) {
    assertComparable(baseline.content, request.definition, baseline.file)
  }
  const seen = await survey(opened.engine, opened.sources, dataset)
  const dimensions = [
    ...surveyedDimensions(seen, request.by),
    ...ruleProperties(request.definition),
    ...(dataset.dimensions ?? []),
  ]
  const options = { ...dataset, dimensions: [...new Set(dimensions)] }
  return withEvents(opened, { ...options, ordered: true }, async (read) => {
    const { engine, events } = read
    await request.onRead?.(read)
    const scene = await sceneOf(engine, events, seen, request)
    const snapshot = once(async () => {
      await new Relations(scene).prepare(['file_columns'])
      return takeBaseline(scene)
    })
    const checks = { ...request.checks, snapshot }
    const results = await runRules(scene, plan, checks)
    const taken = request.takeBaseline === true ? await snapshot() : undefined
    await request.meanwhile?.(read)
    const ownTable = await sessionTable(
      engine,
      await planSessions(engine, events, buildOptions(seen, request)),
    )
    const own = await runOwnRules(scene, plan, ownTable)
    return { report: closeReport(scene, [...results, ...own], checks), baseline: taken }
  })
}

async function runOwnRules(
  scene: Scene,
  { own }: CheckPlan,
  table: Awaited<ReturnType<typeof sessionTable>>,
): Promise<CheckResult[]> {
  if (own.length === 0) return []
  const columns = await closeOver(scene.engine, scene.events, table)
  const results: CheckResult[] = []
  for (const rule of own) results.push(await measureOwnRule(scene, rule, columns))
  return results
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make()
    return made
  }
}
