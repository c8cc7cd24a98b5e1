import type { TextRegion } from '../../text-region.ts'
import type { SecretMatch, Verdict } from '../secret-kind.ts'

/** How far the other members of the JSON may be, in characters. A private key has some 1,700 of them. */
const reach = 4000

const keyForm =
  /-----BEGIN (?:RSA )?PRIVATE KEY-----((?:[A-Za-z0-9+/=\s]|\\+[nr]){300,3500}?)-----END/g
const accountEnd = '.gserviceaccount.com'
/** What stands before that, up to where the text is cut. */
const accountFront = /[a-z0-9][a-z0-9.-]{2,80}@[a-z0-9.-]{4,80}$/
/** Of names near one key that end as an account does and are none. */
const maxTries = 8

type FoundKey = { readonly text: string; readonly start: number; readonly end: number }

const keys = new WeakMap<TextRegion, readonly FoundKey[]>()

/** The file of a service account: the words alone say little, a private key and an account beside them all. */
export function checkServiceAccount({ index, region }: SecretMatch): Verdict | undefined {
  const [from, to] = [Math.max(0, index - reach), index + reach]
  const key = firstWithin(keysOf(region), from, to)
  if (key === undefined) return undefined
  const account = accountIn(region.text.slice(from, to))
  if (account === undefined) return undefined
  return { secret: key.text.replaceAll(/\\+[nr]|\s/g, ''), note: `It is the key of ${account}.` }
}

/** Once for each region: the words may stand in it a million times, to make this cost their square. */
function keysOf(region: TextRegion): readonly FoundKey[] {
  const before = keys.get(region)
  if (before !== undefined) return before
  const found = Array.from(region.text.matchAll(keyForm), ({ 0: all, 1: text = '', index }) => ({
    text,
    start: index,
    end: index + all.length,
  }))
  keys.set(region, found)
  return found
}

/** Keys lie one behind the other: the first that begins at or after `from`, by halves. */
function firstWithin(found: readonly FoundKey[], from: number, to: number): FoundKey | undefined {
  let [low, high] = [0, found.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((found[middle] as FoundKey).start < from) low = middle + 1
    else high = middle
  }
  const key = found[low]
  return key !== undefined && key.end <= to ? key : undefined
}

function accountIn(text: string): string | undefined {
  let end = text.indexOf(accountEnd)
  for (let tries = 0; end >= 0 && tries < maxTries; tries += 1) {
    const front = accountFront.exec(text.slice(Math.max(0, end - 162), end))?.[0]
    if (front !== undefined) return front + accountEnd
    end = text.indexOf(accountEnd, end + 1)
  }
  return undefined
}
