import { SessionizeError } from '../errors/errors.js'
import { kindByName } from './extension.js'
import type { SourceFile } from './source.js'

/** A URL is left to the engine's extensions; only its name can say what it holds. */
export function remoteFile(url: string): SourceFile {
  const [path = ''] = url.split(/[?#]/)
  const { kind, compression } = kindByName(path)
  if (kind === undefined || kind.format === 'arrow') {
    throw new SessionizeError(
      'unsupported',
      /\.(zip|tar|tgz)$/i.test(path) || kind?.format === 'arrow'
        ? `${url} cannot be read over the network: its end must be seen first.`
        : `${url} does not say what it holds: its name has no known extension.`,
      { hint: 'Download it and give the file, or pipe it: curl -L URL | sessionize -' },
    )
  }
  return { label: url, path: url, bytes: 0, compression, ...kind, remote: true }
}
