import { hash } from 'node:crypto'

/**
 * Secrets that everybody knows, because documentation or an emulator has them: the first 16 hex digits of their
 * SHA-256, so that nobody's scanner stumbles over this file.
 */
const knownExamples: ReadonlySet<string> = new Set([
  '2cafc0970149a84f', // Stripe, API reference
  'f2d6ca16515033e5', // Stripe, older API reference
  '0011cc25eb432071', // Azure storage emulator and Azurite
  'aa6547439583c3a2', // Azure Cosmos DB emulator
  '7f75367e78812551', // jwt.io, HS256
  '8d4ef6536dc8895f', // RFC 7519 §3.1
  'b8e148545b13c78b', // RFC 6750 §2.1
  'e30592c37ff33ddb', // RFC 7617 §2
])

export function isKnownExample(secret: string): boolean {
  return knownExamples.has(hash('sha256', secret).slice(0, 16))
}
