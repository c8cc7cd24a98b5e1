/** Bounds on what a service may send besides content. Each is checked before anything is kept. */
export const responseLimits = {
  /** Status line and header section, with all line ends. */
  headBytes: 64 * 1024,
  fields: 256,
  /** Chunk size in hexadecimal digits, leading zeros included; 13 reach 2^52. */
  chunkSizeDigits: 13,
  /** Chunk extensions of one chunk. They are read over, and never passed on. */
  chunkExtensionBytes: 256,
  /** Chunk extensions of one answer: without it they are a way to send for ever without content. */
  chunkExtensionTotalBytes: 16 * 1024,
  trailerBytes: 16 * 1024,
  /** Interim answers before the final one. */
  informational: 32,
} as const
