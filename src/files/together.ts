/** Outputs of one run that come into their places together: one that cannot keeps the others out too. */

export interface Placed {
  /** On disk, so that nothing but a name is left to change. */
  settle(): Promise<void>
  place(): Promise<void>
  /** Leaves what was there before. */
  abort(): void
}

export class Together {
  private readonly files: Placed[] = []

  add(file: Placed): void {
    this.files.push(file)
  }

  async place(): Promise<void> {
    try {
      for (const file of this.files) await file.settle()
      for (const file of this.files) await file.place()
    } catch (error) {
      this.abort()
      throw error
    }
  }

  /** Of what is in its place already nothing is taken back. */
  abort(): void {
    for (const file of this.files) file.abort()
  }
}
