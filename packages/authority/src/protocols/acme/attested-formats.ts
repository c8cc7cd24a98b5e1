import type { Platform } from '@sallyport/wire'
import type { AppConfig } from '../../config/app-config.ts'

/** What of an order each format attests, and whose phones it is of. */
export const carriedFormats: Readonly<
  Record<
    string,
    { readonly platform: Platform; readonly challenge: (asked: AskedFor) => Uint8Array }
  >
> = {
  // As an app gives it to setAttestationChallenge: nothing hashes it.
  'android-key': {
    platform: 'android',
    challenge: ({ keyAuthorization }) => Buffer.from(keyAuthorization),
  },
  // Apple's devices are not asked about a key authorization: their freshness is SHA-256 of the token.
  'apple-mda': { platform: 'ios', challenge: ({ token }) => Buffer.from(token) },
}

type AskedFor = { readonly token: string; readonly keyAuthorization: string }

/** The formats of evidence that an app takes and that ACME can carry. */
export const attestedFormats = (app: AppConfig): string[] =>
  app.enrollment.evidence.filter((name) => Object.hasOwn(carriedFormats, name))
