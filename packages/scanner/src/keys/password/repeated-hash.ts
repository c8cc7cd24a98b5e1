import { hash } from 'node:crypto'

/**
 * A hash of a hash of a hash, as the key derivations of old do it: each round hashes the digest before, with the
 * same bytes behind it. Node's `hash` takes over a microsecond a call whatever it hashes, which is most of what a
 * round costs; one block in place takes a quarter of that, and so four times as many passwords are tried.
 *
 * @param digest of the first round
 * @param rounds further ones
 * @param suffix the same bytes behind every digest
 */
export function repeatHash(
  algorithm: string,
  digest: Buffer,
  { rounds, suffix = Buffer.alloc(0) }: { readonly rounds: number; readonly suffix?: Buffer },
): Buffer {
  const compression = compressions.get(algorithm)
  const length = digest.length + suffix.length
  if (compression === undefined || length > maxOneBlockBytes) {
    let last = digest
    for (let round = 0; round < rounds; round++) {
      last = hash(algorithm, Buffer.concat([last, suffix]), 'buffer')
    }
    return last
  }
  const { isLittleEndian, initial, compress } = compression
  const block = Buffer.alloc(64)
  suffix.copy(block, digest.length)
  block[length] = 0x80
  if (isLittleEndian) block.writeUInt32LE(length * 8, 56)
  else block.writeUInt32BE(length * 8, 60)
  const read = (bytes: Buffer, at: number) =>
    isLittleEndian ? bytes.readInt32LE(at) : bytes.readInt32BE(at)
  const words = Int32Array.from({ length: 16 }, (_, index) => read(block, 4 * index))
  const state = Int32Array.from({ length: digest.length / 4 }, (_, index) =>
    read(digest, 4 * index),
  )
  for (let round = 0; round < rounds; round++) {
    words.set(state)
    state.set(initial)
    compress(state, words)
  }
  const last = Buffer.alloc(digest.length)
  for (const [index, word] of state.entries()) {
    if (isLittleEndian) last.writeInt32LE(word, 4 * index)
    else last.writeInt32BE(word, 4 * index)
  }
  return last
}

/** What fits into a block beside the end mark and the length. */
const maxOneBlockBytes = 55

type Compression = {
  readonly isLittleEndian: boolean
  readonly initial: readonly number[]
  readonly compress: (state: Int32Array, words: Int32Array) => void
}

const initial = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476] as const

const compressions: ReadonlyMap<string, Compression> = new Map<string, Compression>([
  ['md5', { isLittleEndian: true, initial, compress: compressMd5 }],
  ['sha1', { isLittleEndian: false, initial: [...initial, 0xc3d2e1f0], compress: compressSha1 }],
  [
    'sha256',
    { isLittleEndian: false, initial: primeRoots(8, Math.sqrt), compress: compressSha256 },
  ],
])

/** The first 32 bits behind the point of roots of the first primes (FIPS 180-4 §4.2.2, §5.3.3). */
function primeRoots(count: number, root: (prime: number) => number): number[] {
  const primes: number[] = []
  for (let number = 2; primes.length < count; number++) {
    if (primes.every((prime) => number % prime !== 0)) primes.push(number)
  }
  return primes.map((prime) => Math.floor((root(prime) % 1) * 2 ** 32) | 0)
}

/** RFC 1321 §3.4: the sines of 1 to 64, and how far each step turns. */
const sines = Int32Array.from({ length: 64 }, (_, step) => {
  return Math.floor(Math.abs(Math.sin(step + 1)) * 2 ** 32) | 0
})
const turns = Uint8Array.from([7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21])

function compressMd5(state: Int32Array, words: Int32Array): void {
  let [a = 0, b = 0, c = 0, d = 0] = state
  for (let step = 0; step < 64; step++) {
    const phase = step >> 4
    let mixed: number
    let chosen: number
    if (phase === 0) {
      mixed = (b & c) | (~b & d)
      chosen = step
    } else if (phase === 1) {
      mixed = (d & b) | (~d & c)
      chosen = (5 * step + 1) & 15
    } else if (phase === 2) {
      mixed = b ^ c ^ d
      chosen = (3 * step + 5) & 15
    } else {
      mixed = c ^ (b | ~d)
      chosen = (7 * step) & 15
    }
    const sum = (a + mixed + (sines[step] ?? 0) + (words[chosen] ?? 0)) | 0
    const turn = turns[(phase << 2) | (step & 3)] ?? 0
    a = d
    d = c
    c = b
    b = (b + ((sum << turn) | (sum >>> (32 - turn)))) | 0
  }
  add(state, 0, a)
  add(state, 1, b)
  add(state, 2, c)
  add(state, 3, d)
}

const expanded = new Int32Array(80)

/** RFC 3174 §6.1. */
function compressSha1(state: Int32Array, words: Int32Array): void {
  expanded.set(words)
  for (let step = 16; step < 80; step++) {
    const mixed =
      (expanded[step - 3] ?? 0) ^
      (expanded[step - 8] ?? 0) ^
      (expanded[step - 14] ?? 0) ^
      (expanded[step - 16] ?? 0)
    expanded[step] = (mixed << 1) | (mixed >>> 31)
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0] = state
  for (let step = 0; step < 80; step++) {
    let mixed: number
    if (step < 20) mixed = ((b & c) | (~b & d)) + 0x5a827999
    else if (step < 40) mixed = (b ^ c ^ d) + 0x6ed9eba1
    else if (step < 60) mixed = ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc
    else mixed = (b ^ c ^ d) + 0xca62c1d6
    const sum = (((a << 5) | (a >>> 27)) + mixed + e + (expanded[step] ?? 0)) | 0
    e = d
    d = c
    c = (b << 30) | (b >>> 2)
    b = a
    a = sum
  }
  add(state, 0, a)
  add(state, 1, b)
  add(state, 2, c)
  add(state, 3, d)
  add(state, 4, e)
}

const cubeRoots = Int32Array.from(primeRoots(64, Math.cbrt))

/** FIPS 180-4 §6.2.2. */
function compressSha256(state: Int32Array, words: Int32Array): void {
  expanded.set(words)
  for (let step = 16; step < 64; step++) {
    const early = expanded[step - 15] ?? 0
    const late = expanded[step - 2] ?? 0
    const sigma0 = turned(early, 7) ^ turned(early, 18) ^ (early >>> 3)
    const sigma1 = turned(late, 17) ^ turned(late, 19) ^ (late >>> 10)
    expanded[step] = sigma0 + sigma1 + (expanded[step - 16] ?? 0) + (expanded[step - 7] ?? 0)
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state
  for (let step = 0; step < 64; step++) {
    const choice = (e & f) ^ (~e & g)
    const majority = (a & b) ^ (a & c) ^ (b & c)
    const sum1 = turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)
    const sum0 = turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)
    const first = (h + sum1 + choice + (cubeRoots[step] ?? 0) + (expanded[step] ?? 0)) | 0
    h = g
    g = f
    f = e
    e = (d + first) | 0
    d = c
    c = b
    b = a
    a = (first + sum0 + majority) | 0
  }
  for (const [index, word] of [a, b, c, d, e, f, g, h].entries()) add(state, index, word)
}

const turned = (word: number, bits: number) => (word >>> bits) | (word << (32 - bits))

function add(state: Int32Array, index: number, word: number): void {
  state[index] = (state[index] ?? 0) + word
}
