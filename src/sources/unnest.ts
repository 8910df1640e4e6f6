/**
 * Events that lie inside of rows: in a list, in a list below objects or other lists, or in an object
 * of its own. The list's elements become rows, and their keys columns, before those of what is around.
 */
import { identifier, join, raw, type Sql, sql } from '../sql/sql.js'
import { jsonPointer } from './field.js'
import type { Column, SourceGroup, Unnested } from './group.js'
import { listElement, type Member, structMembers } from './nested-type.js'

/** A place in a row where events may lie. */
export interface Place {
  /** As `--unnest` takes it: `data.events`. */
  readonly path: string
  readonly isList: boolean
}

/** More levels, or more keys, than an envelope has. */
const DEEPEST_PLACE = 6
const MOST_PLACES = 200

/** All objects and lists of objects in a row, the outer ones first. */
export function placesIn(group: SourceGroup): Place[] {
  const places: Place[] = []
  let level = group.columns
    .filter(({ partition }) => partition !== true)
    .map(({ name, type }) => ({ path: name, type, isList: false }))
  for (let depth = 0; depth < DEEPEST_PLACE && places.length < MOST_PLACES; depth++) {
    const next: typeof level = []
    for (const { path, type, isList } of level) {
      const element = listElement(type)
      const members = structMembers(element ?? type)
      if (members.length === 0) continue
      const inList = isList || element !== undefined
      places.push({ path, isList: inList })
      next.push(
        ...members.map((member) => ({
          path: `${path}.${member.name}`,
          type: member.type,
          isList: inList,
        })),
      )
    }
    level = next
  }
  return places
}

/** The group with what lies at the path as its rows; undefined where it has no such place. */
export function openedAt(group: SourceGroup, path: string): SourceGroup | undefined {
  const found = group.columns
    .filter(({ name }) => {
      const spelt = name.toLowerCase()
      const wanted = path.toLowerCase()
      return wanted === spelt || wanted.startsWith(`${spelt}.`)
    })
    .sort((a, b) => b.name.length - a.name.length)[0]
  if (found === undefined) return undefined
  const keys = path
    .slice(found.name.length + 1)
    .split('.')
    .filter((key) => key !== '')
  const unnest: Unnested[] = []
  const around: Column[] = []
  let at = { column: found, path: [] as string[] }
  let { type } = found
  const enter = (): void => {
    const element = type === 'JSON' ? type : listElement(type)
    if (element === undefined) return
    const n = unnest.length + 1
    const name = [at.column.name, ...at.path].join('.')
    const column: Column = { name, type: element, readAs: `e${n}` }
    unnest.push({ column, of: at })
    at = { column, path: [] }
    type = element
  }
  const addMembers = (): void => {
    around.unshift(...structMembers(type).map((member) => standing(member, at)))
  }
  for (const key of keys) {
    if (type !== 'JSON') enter()
    addMembers()
    const member = structMembers(type).find(({ name }) => name.toLowerCase() === key.toLowerCase())
    if (member === undefined && type !== 'JSON') return undefined
    at = { column: at.column, path: [...at.path, member?.name ?? key] }
    type = member?.type ?? 'JSON'
  }
  enter()
  if (structMembers(type).length === 0 && unnest.length === 0) return undefined
  addMembers()
  const elements = unnest.map(({ column }) => column)
  const own = elements.some(({ name }) => name === found.name)
  const columns: Column[] = [...elements]
  // A key of the event hides what is around under the same name.
  for (const column of [...around, ...group.columns.filter((one) => !own || one !== found)]) {
    if (!columns.some(({ name }) => name.toLowerCase() === column.name.toLowerCase())) {
      columns.push(column)
    }
  }
  return { ...group, opened: path, columns, ...(unnest.length === 0 ? {} : { unnest }) }
}

const standing = ({ name, type }: Member, { column, path }: Unnested['of']): Column => ({
  name,
  type,
  readAs: column.readAs,
  standsFor: { column, path: [...path, name] },
})

/** Rows of JSON, each with its document, taken apart; one without elements stays a row, which is counted. */
export const elementsOfJson = (unnest: readonly Unnested[], rows: Sql): Sql =>
  unnest.reduce((from, { column, of }) => {
    const base = unnest.some((other) => other.column === of.column)
    const source = base ? raw(of.column.readAs) : sql`__sz_document`
    const path = base ? of.path : [of.column.name, ...of.path]
    const list = path.length === 0 ? source : sql`json_extract(${source}, ${jsonPointer(path)})`
    return sql`(SELECT *, unnest(CASE WHEN json_array_length(${list}) > 0 THEN CAST(${list} AS JSON[]) ELSE [NULL] END) AS ${raw(column.readAs)} FROM ${from})`
  }, rows)

/** The same of typed columns. */
export const elementsOfTyped = (unnest: readonly Unnested[], rows: Sql): Sql =>
  unnest.reduce((from, { column, of }) => {
    const list = join([raw(of.column.readAs), ...of.path.map(identifier)], '.')
    return sql`(SELECT *, unnest(CASE WHEN len(${list}) > 0 THEN ${list} ELSE [NULL] END) AS ${raw(column.readAs)} FROM ${from})`
  }, rows)
