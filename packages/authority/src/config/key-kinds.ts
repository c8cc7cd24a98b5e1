/** Kinds of device keys that can be certified. */
export const keyKinds = ['ec-p256', 'ec-p384', 'rsa-2048', 'rsa-3072', 'rsa-4096'] as const
export type AllowedKeyKind = (typeof keyKinds)[number]
