import { jsonText } from './untrusted.js'

/** The answer itself; docs/schemas/ holds the contract of each. */
export const answerAsJson = (answer: { readonly schema: string }): string => `${jsonText(answer)}\n`
