/**
 * A picture of a terminal: what a command prints in colour, as SVG. Each word stands on the grid of
 * the terminal whatever font draws it, and bars are rectangles, so that they have no seams.
 */

const CELL = { width: 8.4, height: 19 }
const FONT_SIZE = 14
const MARGIN = 20
const TITLE_BAR = 34
const COLUMNS = 80

const THEME = {
  background: '#14161b',
  border: '#30343d',
  plain: '#d6d9df',
  bold: '#ffffff',
  dim: '#858b98',
  prompt: '#7ee2a8',
} as const

/** SGR codes of the foreground. */
const COLOURS: Readonly<Record<number, string>> = {
  31: '#ff8080',
  32: '#7ee2a8',
  33: '#f2c879',
  36: '#5cc8d7',
}

interface Style {
  readonly bold: boolean
  readonly dim: boolean
  readonly colour: string | undefined
}

interface Run {
  readonly column: number
  readonly text: string
  readonly style: Style
}

const PLAIN: Style = { bold: false, dim: false, colour: undefined }

/** @param output with SGR codes of colour, as `FORCE_COLOR=1` gives it */
export function terminalPicture(command: string, output: string): string {
  const lines = output.trimEnd().split('\n')
  const width = COLUMNS * CELL.width + 2 * MARGIN
  const height = TITLE_BAR + (lines.length + 2) * CELL.height + MARGIN
  const body: string[] = [promptLine(command)]
  let style = PLAIN
  lines.forEach((line, i) => {
    const { runs, after } = runsOf(line, style)
    style = after
    for (const run of runs) body.push(...drawn(run, i + 2))
  })
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escaped(`$ ${command}`)}</title>`,
    `<style>text{font:${FONT_SIZE}px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:${THEME.plain}}</style>`,
    `<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="9" fill="${THEME.background}" stroke="${THEME.border}"/>`,
    ...[0, 1, 2].map(
      (n) =>
        `<circle cx="${MARGIN + 4 + n * 18}" cy="${TITLE_BAR / 2 + 1}" r="5" fill="${THEME.border}"/>`,
    ),
    ...body,
    '</svg>',
  ].join('\n')}\n`
}

function promptLine(command: string): string {
  const prompt = { column: 0, text: '$', style: { ...PLAIN, colour: THEME.prompt } }
  const typed = { column: 2, text: command, style: { ...PLAIN, bold: true } }
  return [...drawn(prompt, 0), ...drawn(typed, 0)].join('\n')
}

const ESCAPE = '\u001b['

/** Runs of one style; spaces of two and more part them. */
function runsOf(line: string, before: Style): { runs: Run[]; after: Style } {
  const runs: Run[] = []
  let style = before
  let column = 0
  for (const [n, piece] of line.split(ESCAPE).entries()) {
    let text = piece
    if (n > 0) {
      const [code = ''] = /^[\d;]*m/.exec(piece) ?? []
      if (code === '') throw new Error(`An escape that is no colour: ${JSON.stringify(piece)}`)
      for (const part of code.slice(0, -1).split(';')) style = restyled(style, Number(part))
      text = piece.slice(code.length)
    }
    for (const match of text.matchAll(/\S+(?: \S+)*/g)) {
      runs.push({ column: column + match.index, text: match[0], style })
    }
    column += text.length
  }
  return { runs, after: style }
}

function restyled(style: Style, code: number): Style {
  if (code === 0) return PLAIN
  if (code === 1) return { ...style, bold: true }
  if (code === 2) return { ...style, dim: true }
  if (code === 22) return { ...style, bold: false, dim: false }
  if (code === 39) return { ...style, colour: undefined }
  const colour = COLOURS[code]
  if (colour === undefined) throw new Error(`No colour for SGR ${code}`)
  return { ...style, colour }
}

/** From a whole block, U+2588, to an eighth, U+258F. */
const BAR = /^[\u2588-\u258f]+$/

function drawn({ column, text, style }: Run, row: number): string[] {
  const x = MARGIN + column * CELL.width
  const top = TITLE_BAR + row * CELL.height
  const fill = style.colour ?? (style.bold ? THEME.bold : style.dim ? THEME.dim : undefined)
  if (BAR.test(text)) {
    const eighths = [...text].reduce((sum, char) => sum + 8 - (char.charCodeAt(0) - 0x2588), 0)
    const width = round((eighths / 8) * CELL.width)
    return [
      `<rect x="${round(x)}" y="${top + 3}" width="${width}" height="${CELL.height - 5}" fill="${fill ?? THEME.plain}"/>`,
    ]
  }
  const attributes = [
    `x="${round(x)}"`,
    `y="${top + 14}"`,
    `textLength="${round(text.length * CELL.width)}"`,
    'lengthAdjust="spacingAndGlyphs"',
    ...(fill === undefined ? [] : [`style="fill:${fill}"`]),
    ...(style.bold ? ['font-weight="bold"'] : []),
  ]
  return [`<text ${attributes.join(' ')}>${escaped(text)}</text>`]
}

const round = (value: number): number => Math.round(value * 100) / 100

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
