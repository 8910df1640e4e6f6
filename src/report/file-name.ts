/** The format that a file's name asks for, by its ending; undefined when that says nothing. */
export const formatByEnding =
  <Format>(endings: Readonly<Record<string, Format>>) =>
  (path: string): Format | undefined => {
    const ending = /\.([a-z]+)$/i.exec(path)?.[1]?.toLowerCase() ?? ''
    return Object.hasOwn(endings, ending) ? endings[ending] : undefined
  }
