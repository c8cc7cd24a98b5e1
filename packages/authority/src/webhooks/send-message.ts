import { retryAfterMs } from './backoff.ts'
import { type Message, signMessage } from './standard-webhooks.ts'
import type { WebhookTarget } from './webhook-target.ts'

/** Of an answer this much is passed over at most, so that its connection can be used again. */
const maxAnswerBytes = 16_384

/** What came of an attempt. `gone`: the receiver wants no more (410). */
export type Attempt =
  | { readonly outcome: 'delivered'; readonly status: number }
  | {
      readonly outcome: 'failed' | 'gone'
      /** Undefined where there was no answer. */
      readonly status: number | undefined
      /** Without anything of URL, message and keys. */
      readonly why: string
      readonly retryAfterMs: number | undefined
    }

/** Sends a message once. Any 2xx is a success, and a redirect is none: where it leads nobody configured. */
export async function sendMessage(
  { url, client, keys, timeoutMs }: WebhookTarget,
  message: Message,
  { now, signal }: { now: number; signal: AbortSignal },
): Promise<Attempt> {
  try {
    const { status, retryAfter } = await client({
      url,
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      maxBytes: maxAnswerBytes,
      accept: '*/*',
      json: message.body,
      headers: signMessage(message, keys, now),
      statusAlone: true,
    })
    if (status >= 200 && status < 300) return { outcome: 'delivered', status }
    const isRedirect = status >= 300 && status < 400
    return {
      outcome: status === 410 ? 'gone' : 'failed',
      status,
      why: `HTTP status ${status}${isRedirect ? ': redirects are not followed' : ''}`,
      retryAfterMs: retryAfterMs(retryAfter, now),
    }
  } catch (error) {
    const why = error instanceof Error && error.message !== '' ? error.message : 'no answer'
    return { outcome: 'failed', status: undefined, why: why.slice(0, 200), retryAfterMs: undefined }
  }
}
