import { readConfig } from '@sallyport/config'
import { Problem } from '@sallyport/problem'
import type { GatedRoute } from '@sallyport/scanner'
import Type from 'typebox'

type DeviceStage = {
  mode?: 'enforce' | 'shadow' | 'off'
  required?: boolean
  enforce?: unknown
  minimumAssurance?: unknown
  apps?: unknown
  platforms?: unknown
  minimumAppVersion?: unknown
}
type Stages = { device?: DeviceStage }

/** The members that are looked at. The rest of the file is the gateway's to check. */
type Looked = {
  gateway?: {
    hosts?: Record<
      string,
      {
        clientCertificate: string
        stages?: Stages
        routes: { match: { path: string }; stages?: Stages }[]
      }
    >
  }
}

/** The hosts as far as they are looked at: their shape, and anything else. */
const open = { additionalProperties: true }
const StagesSchema = Type.Object({ device: Type.Optional(Type.Object({}, open)) }, open)
const LookedSchema = Type.Object(
  {
    gateway: Type.Optional(
      Type.Object(
        {
          hosts: Type.Optional(
            Type.Record(
              Type.String(),
              Type.Object(
                {
                  clientCertificate: Type.String(),
                  stages: Type.Optional(StagesSchema),
                  routes: Type.Array(
                    Type.Object(
                      {
                        match: Type.Object({ path: Type.String() }, open),
                        stages: Type.Optional(StagesSchema),
                      },
                      open,
                    ),
                  ),
                },
                open,
              ),
            ),
          ),
        },
        open,
      ),
    ),
  },
  open,
)

/**
 * The routes of a gateway, and which of them nobody passes without a device: those whose device stage is enforced for
 * everybody and refuses who shows no certificate, by the rules of that stage.
 *
 * @param file a sallyport.yaml
 * @throws Problem `config_unreadable`, `config_invalid`; `command_usage` where it describes no gateway
 */
export function gatedRoutesOf(file: string): GatedRoute[] {
  const { gateway } = readConfig<Looked>(file, LookedSchema).value
  if (gateway?.hosts === undefined) {
    throw new Problem('command_usage', {
      detail: `--gateway-config ${file} describes no gateway`,
      expected: 'a sallyport.yaml with gateway.hosts',
    })
  }
  return Object.entries(gateway.hosts).flatMap(([host, { clientCertificate, stages, routes }]) =>
    routes.map(({ match: { path }, stages: own }) => {
      const stage = own?.device ?? stages?.device
      return { host, path, hasDeviceStage: needsDevice(clientCertificate, stage) }
    }),
  )
}

function needsDevice(clientCertificate: string, stage: DeviceStage | undefined): boolean {
  // The handshake itself refuses, whatever stages say.
  if (clientCertificate === 'require') return true
  if (clientCertificate === 'off') return false
  // Mode shadow lets everybody through, and a percentage lets through who is outside of it.
  const { mode = 'enforce', enforce } = stage ?? {}
  if (mode !== 'enforce' || enforce !== undefined) return false
  if (clientCertificate === 'explain') return stage?.required ?? true
  if (stage === undefined) return false
  const { minimumAssurance, apps, platforms, minimumAppVersion } = stage
  const demands = [minimumAssurance, apps, platforms, minimumAppVersion]
  return stage.required ?? demands.some((demand) => demand !== undefined)
}
