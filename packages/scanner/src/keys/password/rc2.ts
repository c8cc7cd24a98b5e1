import { KeyFault } from '../key-fault.ts'

/**
 * RC2 in CBC mode with PKCS#7 padding (RFC 2268): what Java and OpenSSL before 2020 sealed certificates of PKCS#12
 * with. OpenSSL 3, and Node with it, has it in no provider that is loaded.
 *
 * @param effectiveBits of the key, as its algorithm says
 */
export function decryptRc2(options: {
  readonly key: Buffer
  readonly effectiveBits: number
  readonly iv: Buffer
  readonly data: Buffer
}): Buffer {
  const { key, effectiveBits, iv, data } = options
  if (data.length === 0 || data.length % 8 !== 0) throw new KeyFault('not whole blocks of RC2')
  const words = expandKey(key, effectiveBits)
  const plain = Buffer.alloc(data.length)
  for (let at = 0; at < data.length; at += 8) {
    decryptBlock(words, data, at, plain)
    for (let index = 0; index < 8; index++) {
      const before = (at === 0 ? iv[index] : data[at - 8 + index]) ?? 0
      plain[at + index] = (plain[at + index] ?? 0) ^ before
    }
  }
  const padding = plain[plain.length - 1] ?? 0
  const isPadded =
    padding >= 1 && padding <= 8 && plain.subarray(-padding).every((byte) => byte === padding)
  if (!isPadded) throw new KeyFault('wrong padding')
  return plain.subarray(0, plain.length - padding)
}

/** RFC 2268 §2. */
function expandKey(key: Buffer, effectiveBits: number): Uint16Array {
  const bytes = new Uint8Array(128)
  bytes.set(key)
  for (let index = key.length; index < 128; index++) {
    bytes[index] = piTable[((bytes[index - 1] ?? 0) + (bytes[index - key.length] ?? 0)) & 0xff] ?? 0
  }
  const effectiveBytes = Math.ceil(effectiveBits / 8)
  const mask = 0xff >> (8 * effectiveBytes - effectiveBits)
  bytes[128 - effectiveBytes] = piTable[(bytes[128 - effectiveBytes] ?? 0) & mask] ?? 0
  for (let index = 127 - effectiveBytes; index >= 0; index--) {
    bytes[index] = piTable[(bytes[index + 1] ?? 0) ^ (bytes[index + effectiveBytes] ?? 0)] ?? 0
  }
  return Uint16Array.from({ length: 64 }, (_, index) => {
    return (bytes[2 * index] ?? 0) + ((bytes[2 * index + 1] ?? 0) << 8)
  })
}

const rotations = [1, 2, 3, 5]

/** RFC 2268 §4: sixteen mixing rounds backwards, with a mashing round after the fifth and the eleventh. */
function decryptBlock(key: Uint16Array, data: Buffer, at: number, into: Buffer): void {
  const words = new Uint16Array(4)
  for (let index = 0; index < 4; index++) words[index] = data.readUInt16LE(at + 2 * index)
  const word = (index: number) => words[index & 3] ?? 0
  for (let round = 15; round >= 0; round--) {
    for (let index = 3; index >= 0; index--) {
      const bits = rotations[index] ?? 0
      const turned = (word(index) >> bits) | (word(index) << (16 - bits))
      const chosen = (word(index - 1) & word(index - 2)) + (~word(index - 1) & word(index - 3))
      words[index] = turned - (key[4 * round + index] ?? 0) - chosen
    }
    if (round === 11 || round === 5) {
      for (let index = 3; index >= 0; index--) {
        words[index] = word(index) - (key[word(index - 1) & 63] ?? 0)
      }
    }
  }
  for (let index = 0; index < 4; index++) into.writeUInt16LE(word(index), at + 2 * index)
}

/** PITABLE of RFC 2268 §2: a permutation of the bytes from the digits of pi. */
const piTable = Buffer.from(
  'd978f9c419ddb5ed28e9fd794aa0d89dc67e37832b76538e624c6488448bfba2' +
    '179a59f587b34f1361456d8d09817d32bd8f40eb86b77b0bf09521225c6b4e82' +
    '54d66593ce60b21c7356c014a78cf1dc1275ca1f3bbee4d1423dd430a33cb626' +
    '6fbf0eda4669075727f21d9bbc944303f811c7f690ef3ee706c3d52fc8661ed7' +
    '08e8eade8052eef784aa72ac354d6a2a961ad2715a1549744b9fd05e0418a4ec' +
    'c2e0416e0f51cbcc2491af50a1f47039997c3a8523b8b47afc02365b25559731' +
    '2d5dfa98e38a92ae05df2910676cbac9d300e6cfe19ea82c6316013f58e289a9' +
    '0d38341bab33ffb0bb480c5fb9b1cd2ec5f3db47e5a59c770aa62068fe7fc1ad',
  'hex',
)
