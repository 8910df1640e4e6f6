/** Lengths of a stream's sessions so far, in little memory: a DDSketch, exact to one per cent. */
import { DDSketch } from '@datadog/sketches-js'

export class LengthQuantiles {
  private readonly sketch = new DDSketch({ relativeAccuracy: 0.01 })

  add(seconds: number): void {
    this.sketch.accept(seconds)
  }

  /** Null before the first session. */
  at(quantile: number): number | null {
    return this.sketch.count === 0 ? null : this.sketch.getValueAtQuantile(quantile)
  }
}
