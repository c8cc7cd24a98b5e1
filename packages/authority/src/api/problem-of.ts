import { isProblem, Problem, type ReasonCode } from '@sallyport/problem'
import { storeError } from '../store/store-error.ts'

/** Fastify's errors that are the caller's doing (https://fastify.dev/docs/latest/Reference/Errors). */
const callerErrors: Readonly<Record<string, ReasonCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'media_type_unsupported',
  FST_ERR_CTP_EMPTY_TYPE: 'media_type_unsupported',
  FST_ERR_CTP_INVALID_JSON_BODY: 'message_malformed',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'message_malformed',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'request_malformed',
  FST_ERR_VALIDATION: 'message_malformed',
  FST_ERR_BAD_URL: 'request_target_invalid',
  FST_ERR_MAX_LIMIT_EXCEEDED: 'request_target_invalid',
}

/** Any error as a problem. What is not known to be the caller's doing is `internal_error`. */
export function problemOf(error: unknown): Problem {
  const found = storeError(error)
  if (isProblem(found)) return found
  const code = found instanceof Error && 'code' in found ? String(found.code) : ''
  const reason = Object.hasOwn(callerErrors, code) ? callerErrors[code] : undefined
  if (reason === undefined || !(found instanceof Error)) {
    return new Problem('internal_error', { cause: error })
  }
  return new Problem(reason, { detail: found.message.slice(0, 300), cause: error })
}
