import { type EndedKind, endedKinds, type TrustedIssuer } from '@sallyport/wire'
import { type PackedStatus, StatusPacker } from '@sallyport/wire/status'

export type ListedEntry = {
  readonly key: string
  readonly status: string
  readonly until: number
  readonly issuedUntil?: number
}

/** A snapshot as a test says it: lists by kind. */
export type Listed = {
  readonly epoch: string
  readonly seq: number
  readonly at: number
  readonly issuers: readonly TrustedIssuer[]
  readonly certificates: readonly ListedEntry[]
  readonly devices: readonly ListedEntry[]
  readonly withdrawn?: readonly ListedEntry[]
  readonly tokens?: readonly ListedEntry[]
  readonly subjects?: readonly ListedEntry[]
  readonly sessions?: readonly ListedEntry[]
  readonly deviceTokens?: readonly ListedEntry[]
  /** Of kinds that no version knows yet. */
  readonly others?: Readonly<Record<string, readonly ListedEntry[]>>
}

export function packed(listed: Listed): PackedStatus {
  const packer = new StatusPacker()
  const add = (kind: string, entries: readonly ListedEntry[] = []) => {
    for (const { key, ...entry } of entries) packer.add(key, { kind, ...entry })
  }
  add('certificate', listed.certificates)
  add('device', listed.devices)
  add('issuer', listed.withdrawn)
  for (const kind of Object.keys(endedKinds) as EndedKind[]) add(kind, listed[endedKinds[kind]])
  for (const [kind, entries] of Object.entries(listed.others ?? {})) add(kind, entries)
  const { epoch, seq, at, issuers } = listed
  return { epoch, seq, at, issuers, mark: '', sections: packer.sections() }
}
