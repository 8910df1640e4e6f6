// Writes the program as few files: reading 150 small ones takes longer than all else that it does
// before it works. The library in `dist` stays as it is, and other packages stay outside.
import { build } from 'rolldown'

await build({
  input: { run: './dist/cli/run.js' },
  platform: 'node',
  external: /^[^./]/,
  // The command that prints the manual asks the program itself for its help.
  checks: { ineffectiveDynamicImport: false },
  output: { dir: 'bundle', format: 'esm', cleanDir: true },
})
