import type { Ports } from '../development-config.ts'
import { invitationCode } from './invitation.ts'
import type { LanFacts } from './open-to-lan.ts'

/** The part of the block that is about a phone. */
export function lanGuidance(facts: LanFacts, ports: Ports): string {
  return [
    'A phone in this network',
    `  gateway    ${facts.gateway}`,
    `  authority  ${facts.authority}`,
    `  CA files   ${facts.handout}`,
    `  also in    ${facts.directory}`,
    '',
    'Scan this in your app, or send it the link. The token in it enrols one phone, within an hour:',
    '',
    invitationCode(facts.link),
    '',
    `  ${facts.link}`,
    '',
    'iPhone: open the page of CA files, install the profile, then switch it on under',
    '  Settings › General › About › Certificate Trust Settings.',
    'Android: put the .crt and network_security_config.xml of that page into a debug build.',
    'Over USB, without any network, the app calls https://localhost after:',
    `  adb reverse tcp:${ports.gateway} tcp:${ports.gateway} && adb reverse tcp:${ports.device} tcp:${ports.device}`,
    '',
  ].join('\n')
}
