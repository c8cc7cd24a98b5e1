import type { StageSettings } from '../pipeline/stage.ts'

/** What a limit may count by, each as a word. */
export const keyWords = [
  'device',
  'user',
  'token',
  'address',
  'network',
  'app',
  'appVersion',
  'all',
] as const
export type KeyWord = (typeof keyWords)[number]

/** A word, a header field, or a field of the content: of JSON by its pointer (RFC 6901), or of a form by its name. */
export type KeySource =
  | KeyWord
  | { readonly header: string }
  | { readonly body: string }
  | { readonly form: string }

export type LimitRuleSettings = {
  readonly name: string
  readonly key: KeySource | readonly KeySource[]
  /** So many … */
  readonly limit?: number
  /** … in so long … */
  readonly per?: string
  /** … or in each calendar day of a time zone … */
  readonly perDayIn?: string
  /** … or under way at once. */
  readonly atOnce?: number
  readonly burst?: number
  readonly cost?: number
  readonly countStatus?: readonly number[]
  readonly across?: 'route' | 'host' | 'gateway'
  readonly blockAddressFor?: string
}

export type BruteForceSettings = {
  readonly name: string
  readonly account: Exclude<KeySource, KeyWord>
  readonly failures?: readonly number[]
  readonly successes?: readonly number[]
  readonly freeTries?: number
  readonly freeTriesOfAddress?: number
  readonly firstDelay?: string
  readonly longestDelay?: string
  readonly forgetAfter?: string
  readonly rememberDeviceFor?: string
  readonly across?: 'route' | 'host' | 'gateway'
  readonly blockAddressFor?: string
}

/** `stages.limits` of a route. */
export type LimitsSettings = StageSettings & {
  readonly rules?: readonly LimitRuleSettings[]
  readonly bruteForce?: readonly BruteForceSettings[]
  readonly fields?: 'always' | 'refused' | 'never'
  readonly bodyBytes?: number
}

export const limitDefaults = { fields: 'refused', bodyBytes: 16_384, across: 'route' } as const

export const bruteForceDefaults = {
  failures: [401, 403],
  freeTries: 3,
  freeTriesOfAddress: 20,
  firstDelay: '1s',
  longestDelay: '15m',
  forgetAfter: '1d',
  rememberDeviceFor: '90d',
} as const

/** The sources of a rule, in a list. */
export function sourcesOf({ key }: Pick<LimitRuleSettings, 'key'>): readonly KeySource[] {
  return Array.isArray(key) ? (key as readonly KeySource[]) : [key as KeySource]
}

/** How much of the content must be there before the rules can tell whom they count. */
export function bytesNeeded({ rules = [], bruteForce = [], bodyBytes }: LimitsSettings): number {
  const sources = [...rules.flatMap(sourcesOf), ...bruteForce.map(({ account }) => account)]
  return sources.some(isOfContent) ? (bodyBytes ?? limitDefaults.bodyBytes) : 0
}

export function isOfContent(source: KeySource): boolean {
  return typeof source === 'object' && !('header' in source)
}
