import type { RequestHead } from '../exchange/request-head.ts'

/** A form with a token in it is about as long as the token. */
const maxFormBytes = 16_384
/** Who takes longer is told that a token is required, which is true as well. */
const waitMs = 1_000

/** Whether the content of a request is a form (RFC 6750 §2.2), of a length that is looked into. */
export function isSmallForm(exchange: RequestHead): boolean {
  const { contentLength = 0 } = exchange
  if (contentLength === 0 || contentLength > maxFormBytes) return false
  const type = exchange.header('content-type')
  return type !== undefined && /^application\/x-www-form-urlencoded[\t ]*(?:;|$)/i.test(type)
}

/** Whether a form has a field `access_token`. What stands in it is not read. */
export async function hasTokenInForm(exchange: RequestHead): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, waitMs, undefined)
  })
  try {
    const content = await Promise.race([exchange.readContent(maxFormBytes), late])
    if (content === undefined) return false
    return new URLSearchParams(content.bytes.toString('latin1')).has('access_token')
  } finally {
    clearTimeout(timer)
  }
}
