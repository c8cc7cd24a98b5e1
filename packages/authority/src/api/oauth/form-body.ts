import { Problem } from '@sallyport/problem'
import type { Api } from '../api-server.ts'

const contentType = 'application/x-www-form-urlencoded'
const maxParameters = 20

/**
 * Has the routes of this scope take forms, and nothing else, as OAuth has them (RFC 6749 §3.2): an object
 * of texts. A parameter that is there twice is refused; what a route does not know is passed over.
 */
export function acceptForms(api: Api): void {
  api.removeAllContentTypeParsers()
  api.addContentTypeParser<string>(contentType, { parseAs: 'string' }, (_request, text, done) => {
    try {
      done(null, readForm(text))
    } catch (error) {
      done(error as Problem)
    }
  })
}

/** @throws Problem `message_malformed` */
export function readForm(text: string): Readonly<Record<string, string>> {
  const form = Object.create(null) as Record<string, string>
  let count = 0
  for (const [name, value] of new URLSearchParams(text)) {
    if (++count > maxParameters) throw malformed(`at most ${maxParameters} parameters`, 'more')
    if (`${name}${value}`.includes('\u0000'))
      throw malformed('text without the character NUL', 'it')
    if (Object.hasOwn(form, name)) throw malformed('each parameter once', 'one that is repeated')
    // RFC 6749 §3.1: without a value it was not sent.
    if (value !== '') form[name] = value
  }
  return form
}

function malformed(expected: string, found: string): Problem {
  return new Problem('message_malformed', { expected, found })
}
