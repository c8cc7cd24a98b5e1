import Type from 'typebox'
import { type ProtocolConfig, protocolMembers } from '../protocol-config.ts'
import { type RenewalKey, renewalKeyMember } from '../../renewal/renewal-key.ts'

/** How an app's devices enrol by EST. */
export type EstConfig = ProtocolConfig & {
  renewalKey: RenewalKey
  /** Certificates of CAs, PEM: whoever holds a certificate that one of them issued may enrol. */
  clientCaFile?: string
}

export const EstSchema = Type.Object(
  {
    ...protocolMembers,
    ...renewalKeyMember,
    clientCaFile: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          'CAs, PEM, such as that of the factory: a device enrols with a certificate that one of them issued itself. Others bring a one-time token',
      }),
    ),
  },
  {
    additionalProperties: false,
    description:
      'EST (RFC 7030) on the device listener, at /.well-known/est/<app>/. Devices are certified as unattested',
  },
)
