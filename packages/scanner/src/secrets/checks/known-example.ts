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
  '3e545ee08a590a6b', // RFC 6749 §2.3.1
  '2999cd44ff70d54a', // RFC 6749 §2.3.1
  'e9974c507d2a8021', // RFC 6749 §2.3.1
  '00cf4c781dc37003', // RFC 6749 §5.1
  '6c96130f130ab0d6', // RFC 6749 §5.1
  '9d03b692e941d5ac', // RFC 5849 §3.1
  '2ff8b0fb93aca981', // RFC 5849 §1.2
  'b87dad10a32a2d81', // RFC 5849 §1.2
  'cb87c87e4a138d9a', // RFC 5849 §1.2
  'bb9b1163338b2a51', // RFC 5849 §1.2
  '649e1f5c769e718b', // RFC 5849 §1.2
  '6aa14267d94944e6', // RFC 5849 §1.2
])

/** Whether it is one that documentation has published. */
export function isKnownExample(secret: string): boolean {
  return knownExamples.has(hash('sha256', secret).slice(0, 16))
}
