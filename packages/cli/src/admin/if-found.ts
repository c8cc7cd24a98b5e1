import { isProblem } from '@sallyport/problem'

/** What was asked for; undefined where the authority has no such thing. */
export async function ifFound<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked
  } catch (error) {
    if (isProblem(error) && error.code === 'not_found') return undefined
    throw error
  }
}
