import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { createAdminClient } from '../../admin/admin-client.ts'
import { writeFileAtomically } from '../../files/write-file.ts'
import { developmentApp, type Ports } from '../development-config.ts'
import type { Layout } from '../layout.ts'
import { handoutFiles, serveHandout } from './handout.ts'
import { invitationLink } from './invitation.ts'
import type { LanAddress } from './lan-address.ts'

/** How a phone joins in: what `sallyport dev --lan` prints besides. */
export type LanFacts = {
  gateway: string
  authority: string
  /** What the QR code says. */
  link: string
  /** Page of files over plain HTTP. */
  handout: string
  /** The folder that the files lie in. */
  directory: string
}

/** A one-time enrolment token for the app of this deployment, for an hour. */
export async function enrollmentToken(
  layout: Layout,
  ports: Ports,
  label: string,
): Promise<string> {
  const client = createAdminClient({
    url: `https://localhost:${ports.admin}`,
    ca: readFileSync(layout.caFile, 'utf8'),
    token: readFileSync(layout.adminTokenFile, 'utf8').trim(),
  })
  const body = { appId: developmentApp, label, lifetimeSeconds: 3_600 }
  return (await client.call('createEnrollmentToken', { body })).token
}

/** Hands out what a phone needs: files on a page, and a link with a token. */
export async function openToLan(
  layout: Layout,
  ports: Ports,
  lan: LanAddress,
): Promise<{ facts: LanFacts; close: () => void }> {
  const ca = new X509Certificate(readFileSync(layout.caFile)).raw
  const files = handoutFiles(ca, `Sallyport development on ${lan.name}`)
  const directory = path.join(layout.directory, 'lan')
  for (const file of files) writeFileAtomically(path.join(directory, file.path), file.body)
  const server = await serveHandout(files, { host: lan.address, port: 0 })
  const { port } = server.address() as AddressInfo
  const gateway = `https://${lan.name}:${ports.gateway}`
  const authority = `https://${lan.name}:${ports.device}`
  const token = await enrollmentToken(layout, ports, 'a phone, by QR code')
  const link = invitationLink({ gateway, authority, appId: developmentApp, token, ca })
  return {
    facts: { gateway, authority, link, handout: `http://${lan.address}:${port}/`, directory },
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
