import { isProblem } from '@sallyport/problem'
import type { Failure } from './messages.ts'

/** An error as plain data that can go to another thread. */
export function failureOf(error: unknown): Failure {
  if (!isProblem(error)) {
    const detail = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    return { code: 'internal_error', detail }
  }
  return {
    code: error.code,
    detail: error.message,
    ...(error.expected === undefined ? {} : { expected: error.expected }),
    ...(error.found === undefined ? {} : { found: error.found }),
  }
}
