import type { AppPackage } from './app-package.ts'
import type { ScanSettings } from './scan-settings.ts'

/** Labels below which others register, where they stand before a country: `co.uk`, `com.br`. */
const secondLevels = new Set([
  'ac',
  'co',
  'com',
  'edu',
  'gob',
  'gov',
  'go',
  'govt',
  'mil',
  'ne',
  'net',
  'or',
  'org',
])

/** Domains whose names belong to whoever hosts there: an id that begins with one says nothing of the developer. */
const shared = new Set([
  'github.io',
  'gitlab.io',
  'appspot.com',
  'herokuapp.com',
  'web.app',
  'firebaseapp.com',
])

export type OwnDomains = {
  readonly domains: readonly string[]
  /** From the id of the app, and not told by its developer. */
  readonly isGuessed: boolean
}

/** Domains of the developer: as told, else the one that the id of the app is made of, the other way round. */
export function ownDomains(app: Pick<AppPackage, 'id'>, settings: ScanSettings): OwnDomains {
  if (settings.ownDomains) {
    return { domains: settings.ownDomains.map((each) => each.toLowerCase()), isGuessed: false }
  }
  const labels = (app.id ?? '').toLowerCase().split('.')
  const [top = '', second = ''] = labels
  const count = top.length === 2 && secondLevels.has(second) ? 3 : 2
  const domain = labels.slice(0, count).toReversed().join('.')
  const isDomain = labels.length >= count && /^[a-z]{2,}$/.test(top) && !shared.has(domain)
  return { domains: isDomain ? [domain] : [], isGuessed: true }
}

/** Whether a host is a domain, or below it. @param host in lower case, as the domain */
export function isWithin(host: string, domain: string): boolean {
  return host === domain || host.endsWith(`.${domain}`)
}
