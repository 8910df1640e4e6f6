/** Folders named `key=value`, as Hive, Spark, Athena and others lay tables out. */

export interface Partition {
  readonly name: string
  /** Null where the table had no value. */
  readonly value: string | null
}

/** What engines write where a value is missing. */
const MISSING = '__HIVE_DEFAULT_PARTITION__'

/** @param path of a file, from where folders count, with `/` */
export function partitionsOf(path: string): Partition[] {
  return path
    .split('/')
    .slice(0, -1)
    .flatMap((folder) => {
      const [, name = '', value = ''] = /^([^=]+)=(.*)$/s.exec(folder) ?? []
      if (name === '' || folder.includes('\0')) return []
      return [{ name: decoded(name), value: value === MISSING ? null : decoded(value) }]
    })
}

/** Characters that a folder's name cannot have are written as in an address. */
function decoded(written: string): string {
  try {
    return decodeURIComponent(written)
  } catch {
    return written
  }
}
