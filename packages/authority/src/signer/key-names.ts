import { appIdPattern, type IssuerKind, issuerKinds } from '@sallyport/wire'
import type { RootKind } from '../store/tables.ts'

/*
 * What a key is for stands in its name, and names are given by the signer alone: whoever speaks with the
 * voice of the authority can choose among keys, and never what one of them may sign.
 */

/** The CA of an app that issues: `lane` is empty but where an app has several of a kind. */
export type IssuerScope = { kind: IssuerKind; appId: string; lane: string }

/** At most 16 characters, so that every name fits into that of a file. */
export const lanePattern = '^(?:[a-z0-9](?:[a-z0-9-]{0,14}[a-z0-9])?)?$'

const inner = (pattern: string) => pattern.slice(1, -1)
const issuerForm = new RegExp(
  `^(${issuerKinds.join('|')})-ca-(${inner(appIdPattern)})(?:\\.([a-z0-9-]{1,16}))?-[1-9]\\d{0,5}$`,
)

/** `device-ca-wallet-1`; with a lane `unattested-ca-wallet.intune-1`. */
export function issuerKeyName({ kind, appId, lane }: IssuerScope, generation: number): string {
  return `${kind}-ca-${appId}${lane === '' ? '' : `.${lane}`}-${generation}`
}

/** Which CA a key is of, or undefined where it is of none. */
export function issuerScopeOf(keyName: string): IssuerScope | undefined {
  const match = issuerForm.exec(keyName)
  if (match === null) return undefined
  const [, kind, appId = '', lane = ''] = match
  return { kind: kind as IssuerKind, appId, lane }
}

const raForm = new RegExp(
  `^scep-ra-(${inner(appIdPattern)})(?:\\.([a-z0-9-]{1,16}))?-[1-9]\\d{0,5}$`,
)

/** `scep-ra-wallet-1`; with a lane `scep-ra-wallet.intune-1`. */
export function raKeyName({ appId, lane }: Omit<IssuerScope, 'kind'>, generation: number): string {
  return `scep-ra-${appId}${lane === '' ? '' : `.${lane}`}-${generation}`
}

/** Whose registration authority a key is of, or undefined where it is of none. */
export function raScopeOf(keyName: string): Omit<IssuerScope, 'kind'> | undefined {
  const match = raForm.exec(keyName)
  if (match === null) return undefined
  const [, appId = '', lane = ''] = match
  return { appId, lane }
}

export function rootKeyName(kind: RootKind): string {
  return `${kind}-root`
}

/** What is signed as a JWS. Each has keys of its own, and a type of its own in the header. */
export const jwsPurposes = ['token', 'feed', 'checkpoint'] as const
export type JwsPurpose = (typeof jwsPurposes)[number]

export function jwsKeyName(purpose: JwsPurpose, generation: number): string {
  return `${purpose}-key-${generation}`
}

export function isJwsKeyOf(purpose: JwsPurpose, keyName: string): boolean {
  return new RegExp(`^${purpose}-key-[1-9]\\d{0,5}$`).test(keyName)
}
