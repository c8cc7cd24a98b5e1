import Type from 'typebox'

/** A revocation list as it is published, or is to be. */
export const AdminRevocationList = Type.Object({
  /** SHA-256 of the SubjectPublicKeyInfo of its CA, base64url. */
  issuerId: Type.String(),
  /** Null of a root's. */
  appId: Type.Union([Type.String(), Type.Null()]),
  /** Null: all that its CA issued. */
  shard: Type.Union([Type.Integer(), Type.Null()]),
  /** Where it is: the first is that of certificates issued now. */
  addresses: Type.Array(Type.String()),
  /** CRL number; null where there is no list yet. */
  number: Type.Union([Type.Integer(), Type.Null()]),
  entries: Type.Integer(),
  issuedAt: Type.Union([Type.String(), Type.Null()]),
  nextUpdate: Type.Union([Type.String(), Type.Null()]),
  /** `behind`: something changed that is not on it. `lapsed`: relying parties refuse everything. */
  state: Type.Enum(['current', 'behind', 'lapsed', 'missing']),
})
export type AdminRevocationList = Type.Static<typeof AdminRevocationList>

/** A list that a root signed where its key is: DER, base64url. */
export const ImportedList = Type.Object(
  { list: Type.String({ pattern: '^[A-Za-z0-9_-]{1,40000}$' }) },
  { additionalProperties: false },
)
