import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import type { KeyHandle, KeyStore } from '../src/index.ts'

/** Where a crash strikes: before or after a write of the key store took effect. */
export type Crash = { afterWrites: number; isBeforeEffect: boolean }

/** A key store in memory that outlives its clients. Its "signing request" is the public key. */
export class MemoryKeyStore implements KeyStore {
  readonly keys = new Map<string, KeyObject>()
  record: string | undefined
  #crash: Crash | undefined
  #isDown = false

  /** The process will end at this write; until `restart` nothing works any more. */
  crashAt(crash: Crash): void {
    this.#crash = { ...crash }
  }

  restart(): void {
    this.#crash = undefined
    this.#isDown = false
  }

  async create(id: string): Promise<KeyHandle> {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    this.#write(() => this.keys.set(id, privateKey))
    return this.#handle(id, privateKey)
  }

  async open(id: string): Promise<KeyHandle | undefined> {
    if (this.#isDown) throw new Error('crashed')
    const key = this.keys.get(id)
    return key === undefined ? undefined : this.#handle(id, key)
  }

  async delete(id: string): Promise<void> {
    this.#write(() => this.keys.delete(id))
  }

  async loadRecord(): Promise<string | undefined> {
    if (this.#isDown) throw new Error('crashed')
    return this.record
  }

  async saveRecord(record: string): Promise<void> {
    this.#write(() => {
      this.record = record
    })
  }

  #write(effect: () => void): void {
    if (this.#isDown) throw new Error('crashed')
    const crash = this.#crash
    const isStruck = crash !== undefined && crash.afterWrites-- <= 0
    if (!isStruck || !crash.isBeforeEffect) effect()
    if (!isStruck) return
    this.#isDown = true
    throw new Error('crashed')
  }

  #handle(id: string, privateKey: KeyObject): KeyHandle {
    const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
    return {
      id,
      publicKey: async () => spki,
      signingRequest: async () => spki,
      sign: async (data) => sign('sha256', data, privateKey),
    }
  }
}
