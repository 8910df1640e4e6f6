// Preloaded into a measured process: writes its peak resident size and its processor time at its end.
import { readFileSync, writeFileSync } from 'node:fs'

process.on('exit', () => {
  const path = process.env.BENCH_USAGE_FILE
  if (path === undefined) return
  const { user, system } = process.cpuUsage()
  writeFileSync(path, JSON.stringify({ cpuSeconds: (user + system) / 1e6, peakBytes: peakBytes() }))
})

/** A child begins with its parent's peak in `maxRSS`; Linux keeps the process's own beside it. */
function peakBytes() {
  try {
    const [, kib] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
    if (kib !== undefined) return Number(kib) * 1024
  } catch {
    // Not Linux.
  }
  return process.resourceUsage().maxRSS * 1024
}
