// Writes the program and the library as few files: reading 150 small ones takes longer than all else
// that the program does before it works. Other packages stay outside.
import { build } from 'rolldown'

await build({
  input: { run: './dist/cli/run.js', index: './dist/index.js' },
  platform: 'node',
  external: /^[^./]/,
  // The command that prints the manual asks the program itself for its help.
  checks: { ineffectiveDynamicImport: false },
  output: { dir: 'bundle', format: 'esm', cleanDir: true },
})
