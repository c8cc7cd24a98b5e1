import { isProblem, Problem, type ReasonCode } from '@sallyport/problem'

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
  FST_ERR_MAX_PARAM_LENGTH: 'request_target_invalid',
}

/** Any error as a problem. What is not known to be the caller's doing is `internal_error`. */
export function problemOf(error: unknown): Problem {
  if (isProblem(error)) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const reason = Object.hasOwn(callerErrors, code) ? callerErrors[code] : undefined
  if (reason === undefined || !(error instanceof Error)) {
    return new Problem('internal_error', { cause: error })
  }
  return new Problem(reason, { detail: error.message.slice(0, 300), cause: error })
}
