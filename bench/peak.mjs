// Preloaded into a measured process: writes its peak resident size when it ends.
import { writeFileSync } from 'node:fs'

process.on('exit', () => {
  const path = process.env.BENCH_PEAK_FILE
  if (path !== undefined) writeFileSync(path, String(process.resourceUsage().maxRSS * 1024))
})
