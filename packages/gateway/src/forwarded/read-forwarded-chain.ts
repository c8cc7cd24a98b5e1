import type { RequestHead } from '../exchange/request-head.ts'
import { type Form, type FormName, forms } from './forms.ts'
import { type ForwardedChain, maxFieldCharacters, noChain, unreadable } from './forwarded-chain.ts'

/** Which form a proxy speaks, and under which names. */
export type ForwardedForm = {
  readonly form: FormName
  /** Where the operator chose another name than the form's own. */
  readonly field?: string | undefined
  readonly chainField?: string | undefined
  /** Forms with a place for each proxy: how many of them are believed. 1 without it. */
  readonly hops?: number | undefined
}

/** Reads what a request says of its client's certificate. Of one form alone: fields of others mean nothing. */
export type ReadForwardedChain = (
  head: Pick<RequestHead, 'header' | 'headerCount'>,
) => ForwardedChain

/**
 * Whether the proxy may be believed at all is for the caller to know. A field that came twice is
 * refused: one of the two may have come from outside.
 */
export function forwardedChainReader(options: ForwardedForm): ReadForwardedChain {
  const form: Form = forms[options.form]
  const field = (options.field ?? form.field).toLowerCase()
  const chainField = (options.chainField ?? form.chainField)?.toLowerCase()
  const hops = options.hops ?? 1
  return (head) => {
    const certificate = head.header(field)
    if (certificate === undefined || certificate === '') return noChain
    if (head.headerCount(field) > 1) return unreadable(`${field} twice`)
    const chain = chainField === undefined ? undefined : head.header(chainField)
    const characters = certificate.length + (chain?.length ?? 0)
    if (characters > maxFieldCharacters) return unreadable(`${characters} characters`)
    return form.read({ certificate, chain, hops })
  }
}

/** The names of the fields that a form is read from, lower case. */
export function forwardedFields({ form, field, chainField }: ForwardedForm): readonly string[] {
  const known: Form = forms[form]
  const names = [field ?? known.field, chainField ?? known.chainField]
  return names.flatMap((name) => (name === undefined ? [] : [name.toLowerCase()]))
}
