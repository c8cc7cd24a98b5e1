import { hash } from 'node:crypto'

const fewestShown = 12

/**
 * A secret as a report may show it: its first and last two characters where that leaves most of it out, how long it
 * is, and enough of its SHA-256 to tell whether it is the same one as elsewhere.
 */
export function redact(secret: string): string {
  const digest = hash('sha256', secret).slice(0, 8)
  const shown = secret.length >= fewestShown ? `${secret.slice(0, 2)}…${secret.slice(-2)}` : '…'
  const printable = shown.replaceAll(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '?')
  return `${printable} (${secret.length} characters, SHA-256 ${digest}…)`
}
