import type { MethodReference } from './references.ts'
import type { Value } from './values.ts'

type Passed = readonly (Value | undefined)[]
type Gives = (passed: Passed, method: MethodReference) => Value | undefined

const builder: Gives = ([, first]) => ({
  kind: 'builder',
  parts: first?.kind === 'text' || first?.kind === 'joined' ? [first] : [],
})

/** One builder does not grow for ever. */
const maxParts = 64

const append: Gives = ([self, part], { by, signature }) => {
  if (self?.kind !== 'builder') return undefined
  if (self.parts.length < maxParts)
    self.parts.push(part ?? { kind: 'made', by: `${by}${signature}`, of: [] })
  return self
}

const toText: Gives = ([self]) =>
  self?.kind === 'builder' ? { kind: 'joined', parts: self.parts, count: self.parts.length } : self

const joins: Gives = ([first, second]) => ({ kind: 'joined', parts: [first, second], count: 2 })

const characters: Gives = ([self]) =>
  self === undefined ? undefined : { kind: 'characters', of: self }

/** Calls whose outcome is followed, by `owner->name`. All others make something of their arguments. */
const known = new Map<string, Gives>(
  Object.entries({
    'Ljava/lang/StringBuilder;-><init>': builder,
    'Ljava/lang/StringBuilder;->append': append,
    'Ljava/lang/StringBuilder;->toString': toText,
    'Ljava/lang/StringBuffer;-><init>': builder,
    'Ljava/lang/StringBuffer;->append': append,
    'Ljava/lang/StringBuffer;->toString': toText,
    'Ljava/lang/String;->concat': joins,
    'Lkotlin/jvm/internal/Intrinsics;->stringPlus': joins,
    'Ljava/lang/String;->toCharArray': characters,
    'Ljava/lang/String;->getBytes': characters,
    'Ljava/lang/String;->trim': ([self]) => self,
    'Ljava/lang/String;->intern': ([self]) => self,
  }),
)

/** What they give is the same secret as what they are called on, or are first passed. */
export const keepsItsText: ReadonlySet<string> = new Set([
  'Ljava/lang/String;->toCharArray',
  'Ljava/lang/String;->getBytes',
  'Ljava/lang/String;->trim',
  'Ljava/util/Arrays;->copyOf',
  'Landroid/util/Base64;->decode',
])

/** @returns undefined where nothing is known of it */
export function whatItGives(method: MethodReference, passed: Passed): Value | undefined {
  const gives = known.get(method.by)
  return gives === undefined ? { kind: 'made', by: method.by, of: passed } : gives(passed, method)
}
