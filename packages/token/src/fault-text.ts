import { isProblem } from '@sallyport/problem'

/** What went wrong, for the operator: connecting to several addresses fails with one error for each. */
export function faultText(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') {
    return error.errors.map((one) => faultText(one)).join('; ')
  }
  if (isProblem(error) && error.cause !== undefined) return faultText(error.cause)
  return error instanceof Error ? error.message : String(error)
}
