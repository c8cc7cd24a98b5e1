import type { CallShape } from './call-shape.ts'

const pinText = /^sha256\/([A-Za-z0-9+/]{43}=)$/

/**
 * `CertificatePinner.Builder.add("*.example.com", "sha256/…")`. Told by what is passed, since the name of the method
 * is mostly obfuscated, and the pins are not.
 */
export const okHttpPins: CallShape = {
  names: [],
  signature: /^\(Ljava\/lang\/String;\[Ljava\/lang\/String;\)/,
  look: ({ passed: [, pattern, pins], path, at, within }, sink) => {
    if (pattern?.kind !== 'text' || pins?.kind !== 'array') return
    const found = pins.elements.flatMap((each) => {
      const pin = each?.kind === 'text' ? pinText.exec(each.text)?.[1] : undefined
      return pin === undefined ? [] : [pin]
    })
    if (found.length === 0) return
    const host = pattern.text.replace(/^\*{1,2}\./, '')
    sink.fact('pins', {
      source: 'okhttp',
      host: host.toLowerCase(),
      includesSubdomains: host !== pattern.text,
      pins: found,
      isEnforced: true,
      location: { path, offset: at, within },
    })
  },
}
