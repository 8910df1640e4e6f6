import type { Html } from '../html.js'

export interface Section {
  readonly id: string
  readonly title: string
  readonly body: Html
}
