import { toBase64url } from '@sallyport/wire'
import type { Challenge, Issued } from './authority-answer.ts'
import { type ClientContext, deviceCertificate } from './client-context.ts'
import { type ClientState, type Identity, inKeyStore, type StateHolder } from './client-state.ts'
import type { KeyHandle, KeyStore } from './key-store.ts'
import { SallyportError } from './sallyport-error.ts'

/**
 * Makes a key. Its id stands among the discarded keys before it exists, and leaves them together with
 * the request that needs it: a crash in between leaves no key that nothing knows of.
 */
export async function createKey(
  keyStore: KeyStore,
  state: StateHolder,
  challenge: Challenge,
): Promise<KeyHandle> {
  const { lastKeyNumber, discardedKeyIds } = await state.read()
  const id = `key-${lastKeyNumber + 1}`
  await state.update({
    lastKeyNumber: lastKeyNumber + 1,
    discardedKeyIds: [...discardedKeyIds, id],
  })
  return await inKeyStore(() => keyStore.create(id, { challenge: challenge.bytes }))
}

/** The key of this id; throws `device_key_lost`. */
export async function openKey(keyStore: KeyStore, id: string): Promise<KeyHandle> {
  const key = await inKeyStore(() => keyStore.open(id))
  if (key === undefined) throw new SallyportError('device_key_lost')
  return key
}

/** A PKCS#10 request for the key, base64url. */
export async function requestFor(key: KeyHandle): Promise<string> {
  return toBase64url(await inKeyStore(() => key.signingRequest()))
}

/** Destroys the keys that nothing refers to. What fails is tried again the next time. */
export async function destroyDiscardedKeys(keyStore: KeyStore, state: StateHolder): Promise<void> {
  const { discardedKeyIds } = await state.read()
  if (discardedKeyIds.length === 0) return
  for (const id of discardedKeyIds) await inKeyStore(() => keyStore.delete(id))
  await state.update({ discardedKeyIds: [] })
}

/** The pending request is over: with it goes its key, unless the certificate in use has the same. */
export async function dropPending(state: StateHolder): Promise<ClientState> {
  const { pending, identity, discardedKeyIds } = await state.read()
  const isInUse = pending === undefined || pending.keyId === identity?.keyId
  return await state.update({
    pending: undefined,
    discardedKeyIds: isInUse ? discardedKeyIds : [...discardedKeyIds, pending.keyId],
  })
}

/** The new certificate takes the place of the old one, in one write. */
export async function adoptCertificate(
  context: ClientContext,
  keyId: string,
  issued: Issued,
): Promise<Identity> {
  const { identity: old, discardedKeyIds } = await context.state.read()
  const { renewAfter, ...kept } = issued
  // A tenth of the remaining life: devices that enrolled together do not all renew together.
  const jitterMs = context.random() * 0.1 * Math.max(0, issued.notAfter - renewAfter)
  const identity = { ...kept, keyId, renewAt: renewAfter + Math.round(jitterMs) }
  await context.state.update({
    identity,
    pending: undefined,
    clockOffsetMs: context.clock.offsetMs(),
    discardedKeyIds:
      old === undefined || old.keyId === keyId ? discardedKeyIds : [...discardedKeyIds, old.keyId],
  })
  try {
    await context.onCertificate(deviceCertificate(identity))
  } catch (error) {
    context.events.failed('onCertificate threw', error)
  }
  await destroyDiscardedKeys(context.keyStore, context.state)
  return identity
}
