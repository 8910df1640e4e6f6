/** A command line as one would type it into a POSIX shell. */
export const commandLine = (argv: readonly string[]): string =>
  ['sessionize', ...argv.map(quoted)].join(' ')

const quoted = (word: string): string =>
  /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
