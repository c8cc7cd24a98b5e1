import { type Platform, platforms } from '@sallyport/wire'
import Type from 'typebox'
import { type AllowedKeyKind, keyKinds } from '../config/key-kinds.ts'
import { lanePattern } from '../signer/key-names.ts'

/** Standard protocols by which devices can enrol, beside the API of our own. */
export const protocols = ['acme', 'est', 'scep'] as const
export type Protocol = (typeof protocols)[number]

/** What the configuration of every protocol has. */
export type ProtocolConfig = {
  /** Of the CA that issues what proves nothing of its key: a lane for each fleet can be withdrawn alone. */
  lane: string
  keyKinds: AllowedKeyKind[]
  /** What is said of devices whose platform nothing proves. */
  platform: Platform
  /** How many devices one credential may enrol in an hour. */
  maxPerHour: number
}

/** The members that every protocol has, for its schema. */
export const protocolMembers = {
  lane: Type.Optional(
    Type.String({
      pattern: lanePattern,
      default: '',
      description:
        'Names the CA that issues what proves nothing of its key, so that each fleet can have one that is withdrawn alone',
    }),
  ),
  keyKinds: Type.Optional(
    Type.Array(Type.Enum([...keyKinds]), {
      minItems: 1,
      uniqueItems: true,
      default: [...keyKinds],
      description: 'Kinds of keys that are certified where nothing is proven of them',
    }),
  ),
  platform: Type.Optional(
    Type.Enum([...platforms], {
      default: 'other',
      description: 'The platform of devices that prove none',
    }),
  ),
  maxPerHour: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      default: 1_000,
      description: 'How many devices one credential may enrol in an hour',
    }),
  ),
}
