/** A Java that has crashed says so in lines that begin with `#`, and names a report of it. */
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'

export interface JavaCrash {
  /** `SIGSEGV in libjvm.so` */
  readonly what: string
  readonly report: string | undefined
}

/** What was printed of a crash, as HotSpot writes it (vmError.cpp); undefined where there was none. */
export function javaCrash(printed: string): JavaCrash | undefined {
  const at = printed.indexOf('# A fatal error has been detected by the Java Runtime Environment')
  if (at < 0) return undefined
  const told = printed.slice(at)
  const signal = /^#\s+((?:SIG|EXCEPTION_)[A-Z_]+|Internal Error)\b/m.exec(told)?.[1]
  const library = /^# Problematic frame:\s*\n#[^[\n]*\[([^\]+\n]+)/m.exec(told)?.[1]
  const report = /^# An error report file [^\n]*:\s*\n#[ \t]*(\S[^\n]*)$/m.exec(told)?.[1]
  return {
    what: `${signal ?? 'no signal'}${library === undefined ? '' : ` in ${library}`}`,
    report: report?.trim(),
  }
}

/**
 * Its report out of a folder that is about to be removed. It holds the environment, so nobody else
 * may read it.
 *
 * @returns where it is now, or where it was if it cannot be had
 */
export function rescued(report: string, folder: string): string {
  if (!report.startsWith(`${folder}/`)) return report
  const name = basename(report).replace(/(\.log)?$/, `-${randomBytes(4).toString('hex')}.log`)
  const path = join(tmpdir(), name)
  try {
    writeFileSync(path, readFileSync(report), { flag: 'wx', mode: 0o600 })
    return path
  } catch {
    return report
  }
}
