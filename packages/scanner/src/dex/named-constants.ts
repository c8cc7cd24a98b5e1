import { namedKind } from '../secrets/named/secret-name.ts'
import type { Sink } from '../sink.ts'
import type { References } from './references.ts'

/** What no sentence is, and no word: names are looked at for these alone. */
const plausible = /^(?=[^\d]{0,199}\d)[\x21-\x7e]{8,200}$/

/** `static final String API_KEY = "…"`, as of BuildConfig: a constant whose name promises a secret. */
export function tellNamedConstant(
  {
    references,
    path,
    sink,
  }: { readonly references: References; readonly path: string; readonly sink: Sink },
  field: number,
  text: string,
): void {
  if (!plausible.test(text)) return
  const { owner, name } = references.field(field)
  if (namedKind(name) === undefined) return
  sink.fact('namedTexts', { name, text, location: { path, within: `${owner}->${name}` } })
}
