import { toBase64url } from '@sallyport/wire'
import { type ClientOptions, type CollectEvidence, createClient } from '../src/index.ts'
import { MemoryKeyStore } from './memory-key-store.ts'
import { authorityUrl, gatewayUrl, ScriptedServer } from './scripted-server.ts'

export const evidence: CollectEvidence = async ({ challenge }) => ({
  format: 'development',
  challenge: toBase64url(challenge),
})

/** A phone whose process can end and start again, with a clock of its own and a scripted other end. */
export function createPhone(options: Partial<ClientOptions> = {}) {
  const server = new ScriptedServer()
  const keyStore = new MemoryKeyStore()
  const phone = {
    server,
    keyStore,
    /** The phone's clock less the server's. */
    skewMs: 0,
    slept: [] as number[],
    client: undefined as unknown as ReturnType<typeof createClient>,
    restart: () => {
      keyStore.restart()
      phone.client = createClient({
        gateway: gatewayUrl,
        enrollUrl: authorityUrl,
        trust: 'system',
        keyStore,
        evidence,
        transport: server,
        app: { id: 'wallet', version: '1.0.0', platform: 'other' },
        now: () => server.now + phone.skewMs,
        random: () => 0.5,
        sleep: async (milliseconds, signal) => {
          signal?.throwIfAborted()
          phone.slept.push(milliseconds)
          server.now += milliseconds
        },
        ...options,
      })
    },
  }
  phone.restart()
  return phone
}
