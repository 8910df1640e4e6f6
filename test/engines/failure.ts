import { SessionizeError } from '../../src/errors/errors.js'

/** The error that work on an engine ends with; anything else fails the test. */
export async function failure(work: Promise<unknown>): Promise<SessionizeError> {
  try {
    await work
  } catch (error) {
    if (error instanceof SessionizeError) return error
    throw error
  }
  throw new Error('it did not fail')
}
