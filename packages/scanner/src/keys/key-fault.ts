/** Bytes that begin as a key container does and are none, or are one that is damaged or not read here. */
export class KeyFault extends Error {
  override readonly name = 'KeyFault'
}

/** The result, or undefined where the bytes are not what they began as. Anything but a KeyFault is thrown on. */
export function unlessFault<Result>(read: () => Result): Result | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof KeyFault) return undefined
    throw error
  }
}
