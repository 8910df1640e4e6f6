/** The part of `yazl` that is used. */
declare module 'yazl' {
  export interface Options {
    readonly mtime?: Date
    readonly compress?: boolean
    readonly forceDosTimestamp?: boolean
  }
  export class ZipFile {
    readonly outputStream: NodeJS.ReadableStream
    addBuffer(buffer: Buffer, metadataPath: string, options?: Options): void
    end(): void
    on(event: 'error', listener: (error: Error) => void): this
  }
}
