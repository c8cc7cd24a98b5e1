/** A certificate with its chain, and its private key, PEM. */
export type KeyPairPem = { readonly certificate: string; readonly key: string }

/**
 * What hosts show to clients besides what their configuration names: it comes and goes between two
 * configurations, and the main thread hands it to the workers as a whole.
 */
export type Credentials = {
  /** Obtained by ACME, by host. */
  readonly issued: Readonly<Record<string, KeyPairPem>>
  /** OCSP responses in DER, by `certificateId`: one never goes with another certificate. */
  readonly staples: Readonly<Record<string, Uint8Array>>
  /** Answers to tls-alpn-01 while an order is open, by name (RFC 8737 §3). */
  readonly challenges: Readonly<Record<string, KeyPairPem>>
}
