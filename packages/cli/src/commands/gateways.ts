import path from 'node:path'
import type { AdminGateway } from '@sallyport/authority'
import { parseGatewayUri, toPem } from '@sallyport/pki'
import { Problem } from '@sallyport/problem'
import { configuredClient } from '../admin/configured-client.ts'
import { longDays, makeGatewayCertificate } from '../certificates/certificate-files.ts'
import { pinnedFeedKeys } from '../certificates/feed-keys.ts'
import { openServiceRoot } from '../certificates/service-root.ts'
import type { Operation } from '../command.ts'
import { locateConfig } from '../configuration/locate.ts'
import { loadConfig } from '../configuration/schema.ts'
import { refuseToWriteOver, writeFileAtomically } from '../files/write-file.ts'
import { argument, isGiven, textOption } from '../input.ts'
import { revocationDuties } from '../gateway/revocation-duties.ts'
import { confirmed } from '../terminal/confirm.ts'
import { momentWords } from '../terminal/span.ts'

export const listGateways: Operation = async (input, output) => {
  const client = configuredClient(input)
  const { gateways } = await client.call('listGateways')
  if (output.json) output.result(gateways, '')
  else output.table(gateways.map(gatewayRow), { empty: 'No gateway has reported yet' })
  return 0
}

function gatewayRow(gateway: AdminGateway) {
  const { name, role, status, lastSeenAt, behind, applied, unconfirmed, version, dropped } = gateway
  const seen = lastSeenAt === null ? 'never' : momentWords(Date.parse(lastSeenAt), Date.now())
  const age = applied === null ? '-' : `${applied.medianMs} ms, p99 ${applied.p99Ms} ms`
  return {
    name,
    role,
    status,
    seen,
    changesBehind: behind,
    changeAge: age,
    unconfirmed,
    version,
    recordsDropped: dropped,
  }
}

export const revokeGateway: Operation = async (input, output) => {
  const name = argument(input, 0)
  const question = `Revoke gateway ${name}? It refuses everything as soon as it hears, and is not answered any more.`
  if (!(await confirmed(input, output, question))) return 1
  const client = configuredClient(input)
  const reason = textOption(input, 'reason')
  const body = { reason, ...(isGiven(input, 'unknown') ? { unknown: true } : {}) }
  const gateway = await client.call('revokeGateway', { path: { name }, body })
  const left = revocationDuties(name, loadConfig(locateConfig(input)).value)
  output.result({ ...gateway, left }, `${gateway.name} is ${gateway.status}`)
  output.say(
    ['Left for you, since others believe it or share secrets with it:', ...left].join('\n  '),
  )
  return 0
}

export const certifyGateway: Operation = async (input, output) => {
  const name = argument(input, 0)
  const file = loadConfig(locateConfig(input))
  const trustDomain = String(file.value['trustDomain'])
  const identity = { trustDomain, name }
  if (parseGatewayUri(`spiffe://${trustDomain}/gateway/${name}`) === undefined) {
    throw new Problem('command_usage', {
      detail: 'The name of the gateway is not acceptable',
      expected: 'lower-case letters, digits and hyphens, such as gateway-2',
      found: name,
    })
  }
  const at = (base: string): string => path.resolve(textOption(input, 'out') ?? '.', base)
  const files = { certificateFile: at(`${name}.crt`), keyFile: at(`${name}.key`) }
  const caFile = at('service-ca.crt')
  const feedKeysFile = at('feed-keys.json')
  refuseToWriteOver([files.certificateFile, files.keyFile, caFile, feedKeysFile])
  const root = await openServiceRoot(file, textOption(input, 'keys'), output)
  await makeGatewayCertificate(files, identity, root, Date.now(), longDays)
  writeFileAtomically(caFile, toPem('CERTIFICATE', root.certificate.der))
  const pinned = pinnedFeedKeys(file)
  if (pinned !== undefined) writeFileAtomically(feedKeysFile, pinned)
  const written = [files.certificateFile, files.keyFile, caFile]
  if (pinned !== undefined) written.push(feedKeysFile)
  output.result(
    { name, ...files, caFile, ...(pinned === undefined ? {} : { feedKeysFile }) },
    written.join('\n'),
  )
  output.say('Name them under gateway.authority on its machine, and delete them here')
  if (pinned === undefined) {
    output.say(
      'No keys of the feed are configured here: write them with sallyport feed keys, and name them there as feedKeysFile',
    )
  }
  return 0
}
