/** A value of a property list, and the byte at which it lies in the file. */
export type PlistValue = { readonly offset: number } & (
  | { readonly type: 'string'; readonly text: string }
  | { readonly type: 'number'; readonly number: number }
  | { readonly type: 'boolean'; readonly isTrue: boolean }
  | { readonly type: 'date'; readonly date: Date }
  | { readonly type: 'data'; readonly bytes: Buffer }
  | { readonly type: 'array'; readonly items: readonly PlistValue[] }
  | { readonly type: 'dictionary'; readonly members: ReadonlyMap<string, PlistValue> }
  /** What an archive of objects refers by; null. Nothing we read has a use for them. */
  | { readonly type: 'other' }
)

export type PlistData = Extract<PlistValue, { type: 'data' }>

/** What a list may cost. What is larger than that is no settings of an app. */
export const plistLimits = { values: 500_000, depth: 64 }

/** The value at the end of a path of keys. */
export function memberOf(
  value: PlistValue | undefined,
  ...keys: readonly string[]
): PlistValue | undefined {
  let current = value
  for (const key of keys) {
    current = current?.type === 'dictionary' ? current.members.get(key) : undefined
  }
  return current
}

/** The members of a dictionary; of anything else, none. */
export function membersOf(value: PlistValue | undefined): ReadonlyMap<string, PlistValue> {
  return value?.type === 'dictionary' ? value.members : new Map()
}

/** The items of an array; of anything else, none. */
export function itemsOf(value: PlistValue | undefined): readonly PlistValue[] {
  return value?.type === 'array' ? value.items : []
}

/** A string, or a number as it is written: versions are either. Undefined: neither. */
export function textOf(value: PlistValue | undefined): string | undefined {
  if (value?.type === 'string') return value.text
  return value?.type === 'number' ? String(value.number) : undefined
}

/** As NSString and NSNumber answer `boolValue`: `YES`, `true` and numbers but zero count. Undefined: neither. */
export function truthOf(value: PlistValue | undefined): boolean | undefined {
  if (value?.type === 'boolean') return value.isTrue
  if (value?.type === 'number') return value.number !== 0
  return value?.type === 'string' ? /^\s*([YyTt]|[+-]?0*[1-9])/.test(value.text) : undefined
}
