import { replaceFileSync } from '@sallyport/pki'

/** Modes of files: secrets are for their owner alone. */
export const modes = { secret: 0o600, public: 0o644 } as const

/**
 * Writes a file whole or not at all, replacing what is there: a reader, or a reload, never sees half
 * of it. Makes the directories above it, for their owner alone.
 */
export function writeFileAtomically(
  file: string,
  content: string | Uint8Array,
  mode: number = modes.public,
): void {
  replaceFileSync(file, content, mode)
}
