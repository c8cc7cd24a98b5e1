import { parseDocument } from 'yaml'
import type { Ports } from '../development-config.ts'
import { developmentApp } from '../development-config.ts'
import type { LanAddress } from './lan-address.ts'

/**
 * The configuration of a start with --lan: that of the folder, opened to the network.
 *
 * It goes into a file of its own, so that the next start without --lan is closed again. The gateway and
 * the device listener are reached from the network, the gateway serves the name of this machine as it
 * serves localhost, and every enrolment takes a one-time token.
 */
export function lanConfig(text: string, ports: Ports, lan: LanAddress): string {
  const document = parseDocument(text)
  const loopback = `127.0.0.1:${ports.gateway}`
  document.setIn(['gateway', 'listen'], [loopback, `${lan.address}:${ports.gateway}`])
  document.setIn(['gateway', 'hosts', lan.name], document.getIn(['gateway', 'hosts', 'localhost']))
  document.setIn(['authority', 'listeners', 'device', 'listen'], `0.0.0.0:${ports.device}`)
  document.setIn(['apps', developmentApp, 'enrollment', 'enrollmentToken'], 'required')
  document.commentBefore =
    ' Written at each `sallyport dev --lan` from sallyport.yaml: edit that one.'
  return document.toString({ lineWidth: 0, flowCollectionPadding: false })
}
