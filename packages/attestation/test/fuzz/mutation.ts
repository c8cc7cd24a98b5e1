import fc from 'fast-check'
import { type DerNode, readNodes, walk, writeNode } from './der-tree.ts'

/** One change. The numbers are taken modulo whatever there is to choose from. */
export type Mutation = {
  readonly kind: MutationKind
  readonly part: number
  readonly at: number
  readonly count: number
  readonly bytes: Uint8Array
}

/** Above it nothing is added: the bounds of the formats lie far below. */
const maxPartBytes = 24 * 1_024

/** What is often wrong at the edges of ASN.1, CBOR, JSON and base64. */
const telling = Buffer.from(
  '00017f80ff8183841f3f5f7f9fbfdff6f7fb30310203040506a0a31f225b5d7b7d2e3d2d5f',
  'hex',
)

type Change = (bytes: Buffer, mutation: Mutation, donor: Buffer) => Buffer

const splice = (bytes: Buffer, from: number, length: number, ...inserted: Uint8Array[]): Buffer =>
  Buffer.concat([bytes.subarray(0, from), ...inserted, bytes.subarray(from + length)])

const place = (bytes: Buffer, { at }: Mutation): number => at % Math.max(1, bytes.length)

/** Changes of the bytes of one part. */
const byteChanges = {
  flipBit: (bytes, mutation) => {
    const at = place(bytes, mutation)
    return splice(bytes, at, 1, Buffer.from([(bytes[at] ?? 0) ^ (1 << (mutation.count % 8))]))
  },
  setByte: (bytes, mutation) =>
    splice(bytes, place(bytes, mutation), 1, pick(telling, mutation.count)),
  overwrite: (bytes, mutation) =>
    splice(bytes, place(bytes, mutation), mutation.bytes.length, mutation.bytes),
  insert: (bytes, mutation) => splice(bytes, place(bytes, mutation), 0, mutation.bytes),
  remove: (bytes, mutation) => splice(bytes, place(bytes, mutation), 1 + (mutation.count % 64)),
  truncate: (bytes, mutation) => bytes.subarray(0, place(bytes, mutation)),
  append: (bytes, { bytes: added }) => Buffer.concat([bytes, added]),
  repeatRange: (bytes, mutation) => {
    const from = place(bytes, mutation)
    const range = bytes.subarray(from, from + 1 + mutation.bytes.length)
    const times = Math.min(1 + mutation.count, Math.floor(maxPartBytes / (range.length + 1)))
    return splice(bytes, from, 0, ...Array.from({ length: times }, () => range))
  },
  transplant: (bytes, mutation, donor) => {
    const from = mutation.at % Math.max(1, donor.length)
    const range = donor.subarray(from, from + 1 + (mutation.count % 200))
    return splice(bytes, place(bytes, mutation), range.length, range)
  },
} as const satisfies Record<string, Change>

type DerChange = (
  place: { node: DerNode; siblings: DerNode[]; at: number },
  mutation: Mutation,
  donor: DerNode | undefined,
) => void

/** Changes of one element of DER: the lengths around it are made right again. */
const derChanges = {
  derRemove: ({ siblings, at }) => siblings.splice(at, 1),
  derRepeat: ({ node, siblings, at }, { count }) => {
    const times = Math.min(1 + (count % 300), Math.floor(maxPartBytes / (sizeOf(node) + 1)))
    siblings.splice(at, 0, ...Array.from({ length: times }, () => node))
  },
  derSwap: ({ siblings, at, node }, { count }) => {
    const other = count % siblings.length
    const moved = siblings[other]
    if (moved === undefined) return
    siblings[other] = node
    siblings[at] = moved
  },
  derContent: ({ node }, { bytes }) => {
    node.content = Buffer.from(bytes)
    node.children = undefined
  },
  derTag: ({ node }, { count }) => {
    node.tag = count % 5 === 0 ? Buffer.from([0xbf, count & 0x7f]) : pick(telling, count)
  },
  derNest: ({ node, siblings, at }, { count }) => {
    let nested = node
    for (let level = 0; level <= count % 60; level++) {
      const tag = Buffer.from([0x30])
      nested = { tag, prefix: Buffer.alloc(0), content: Buffer.alloc(0), children: [nested] }
    }
    siblings[at] = nested
  },
  derTransplant: ({ siblings, at }, _mutation, donor) => {
    if (donor !== undefined) siblings[at] = donor
  },
} as const satisfies Record<string, DerChange>

/** Changes of the list of parts: of a chain, its certificates. */
const listChanges = {
  dropPart: (parts, { part }) => parts.toSpliced(part % parts.length, 1),
  repeatPart: (parts, { part, count }) =>
    parts.toSpliced(part % parts.length, 0, parts[count % parts.length] ?? Buffer.alloc(0)),
  swapParts: (parts, { part, count }) => {
    const [one, other] = [part % parts.length, count % parts.length]
    return parts.map((bytes, at) => parts[at === one ? other : at === other ? one : at] ?? bytes)
  },
  takePart: (parts, { part, count }, donor) =>
    parts.with(part % parts.length, donor[count % donor.length] ?? Buffer.alloc(0)),
} as const satisfies Record<
  string,
  (parts: readonly Buffer[], mutation: Mutation, donor: readonly Buffer[]) => readonly Buffer[]
>

type MutationKind = keyof typeof byteChanges | keyof typeof derChanges | keyof typeof listChanges

const kinds = [
  ...Object.keys(byteChanges),
  ...Object.keys(derChanges),
  ...Object.keys(listChanges),
] as MutationKind[]

/** One to four changes, the first kinds most often alone. */
export const mutations: fc.Arbitrary<Mutation[]> = fc.array(
  fc.record({
    kind: fc.constantFrom(...kinds),
    part: fc.nat(0xffff),
    at: fc.nat(0xff_ffff),
    count: fc.nat(0xffff),
    bytes: fc.uint8Array({ maxLength: 24 }),
  }),
  { minLength: 1, maxLength: 4 },
)

/** The parts after all changes; `donor` is the vector that pieces of others come from. */
export function mutate(
  parts: readonly Buffer[],
  changes: readonly Mutation[],
  donor: readonly Buffer[],
): readonly Buffer[] {
  let mutated = parts
  for (const change of changes) {
    if (mutated.length === 0) return mutated
    mutated = apply(mutated, change, donor)
  }
  return mutated
}

function apply(
  parts: readonly Buffer[],
  mutation: Mutation,
  donor: readonly Buffer[],
): readonly Buffer[] {
  const { kind, part, count } = mutation
  if (Object.hasOwn(listChanges, kind)) {
    return listChanges[kind as keyof typeof listChanges](parts, mutation, donor)
  }
  const at = part % parts.length
  const bytes = parts[at] ?? Buffer.alloc(0)
  const donated = donor[count % donor.length] ?? Buffer.alloc(0)
  const change = Object.hasOwn(byteChanges, kind)
    ? byteChanges[kind as keyof typeof byteChanges](bytes, mutation, donated)
    : changeDer(bytes, mutation, donated)
  return parts.with(at, change.subarray(0, maxPartBytes * 2))
}

function changeDer(bytes: Buffer, mutation: Mutation, donor: Buffer): Buffer {
  const nodes = readNodes(bytes)
  const places = nodes === undefined ? [] : [...walk(nodes)]
  const chosen = places[mutation.at % Math.max(1, places.length)]
  if (nodes === undefined || chosen === undefined) {
    return byteChanges.flipBit(bytes, mutation)
  }
  const donated = [...walk(readNodes(donor) ?? [])].map(({ node }) => node)
  const change: DerChange = derChanges[mutation.kind as keyof typeof derChanges]
  change(chosen, mutation, donated[mutation.count % Math.max(1, donated.length)])
  return Buffer.concat(nodes.map(writeNode))
}

const pick = (from: Buffer, index: number): Buffer => Buffer.from([from[index % from.length] ?? 0])

const sizeOf = (node: DerNode): number => writeNode(node).length
