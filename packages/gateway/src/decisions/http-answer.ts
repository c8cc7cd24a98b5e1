import type { DecisionAnswer } from './decider.ts'
import type { DecisionForm } from './decision-form.ts'

/** What goes back to a proxy that asked over HTTP. */
export type HttpAnswer = {
  readonly status: number
  /** Flat. */
  readonly headers: string[]
  readonly body: Buffer
}

/**
 * The answer in a form's own way. A proxy that knows few statuses is told the real one in
 * `Sallyport-Status` and the problem in `Sallyport-Problem`, so that its configuration can give the client
 * both; `Sallyport-Close` asks it to close the client's connection.
 */
export function httpAnswer(answer: DecisionAnswer, form: DecisionForm): HttpAnswer {
  const { isAllowed, toClient, toService, upstream, body, endsConnection } = answer
  const status = isAllowed ? answer.status : form.statusOf(answer.status)
  const headers = ['Sallyport-Status', String(answer.status), ...toService, ...toClient]
  if (upstream !== undefined) headers.push('Sallyport-Upstream', upstream)
  if (isAllowed && answer.isWithheld('authorization')) headers.push('Sallyport-Withhold', '1')
  if (endsConnection) headers.push('Sallyport-Close', '1')
  if (!isAllowed && !form.passesContent) headers.push('Sallyport-Problem', asciiJson(body))
  headers.push('Content-Length', String(body.length))
  return { status, headers, body }
}

/** A field takes no characters beyond ASCII (RFC 9110 §5.5), and JSON can do without them. */
function asciiJson(body: Buffer): string {
  return body
    .toString('utf8')
    .replaceAll(
      /[^\x20-\x7e]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
}
