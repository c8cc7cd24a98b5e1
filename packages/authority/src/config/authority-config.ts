import type { Section } from '@sallyport/config'
import Type from 'typebox'
import { type AppConfig, AppsSchema } from './app-config.ts'

export type TlsListenerConfig = { listen: string; certificateFile: string; keyFile: string }

/** What the authority reads of sallyport.yaml, defaults filled in. Paths are relative to the file. */
export type AuthorityConfig = {
  trustDomain: string
  store: { path: string }
  apps: Record<string, AppConfig>
  authority: {
    keys: { directory: string; passphraseFile?: string }
    listeners: {
      device: TlsListenerConfig
      admin: TlsListenerConfig
      operations: { listen: string }
    }
  }
}

const closed = { additionalProperties: false }
const File = Type.String({ minLength: 1, maxLength: 4_096 })
/** Address and port; IPv6 addresses stand in brackets. Port 0 takes a free one. */
const Listen = Type.String({ pattern: '^(?:\\[[0-9a-fA-F:.]+\\]|[0-9A-Za-z.-]+):[0-9]{1,5}$' })
const TlsListener = Type.Object({ listen: Listen, certificateFile: File, keyFile: File }, closed)

const StoreSchema = Type.Object({ path: File }, closed)

const AuthoritySchema = Type.Object(
  {
    keys: Type.Object({ directory: File, passphraseFile: Type.Optional(File) }, closed),
    listeners: Type.Object(
      {
        device: TlsListener,
        admin: TlsListener,
        operations: Type.Object({ listen: Listen }, closed),
      },
      closed,
    ),
  },
  closed,
)

/** The sections of sallyport.yaml that the authority owns. */
export const authoritySections: readonly Section[] = [
  { key: 'store', schema: StoreSchema },
  { key: 'apps', schema: AppsSchema },
  { key: 'authority', schema: AuthoritySchema },
]
